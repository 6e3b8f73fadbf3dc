//! The transports over plain HTTP: attach, requests, long poll, events (SPEC 30).

mod attach;
mod body;
mod events;
mod poll;
mod requests;

use axum::extract::Request;
use axum::http::{HeaderMap, header};
use axum::response::Response;
use twotick_wire::ErrorCode;
use twotick_wire::frame::TokenBytes;

use crate::connection::AttachedDevice;
use crate::store::Store;

use super::peer::Peer;
use super::relay::Relay;
use super::respond;

pub(super) use attach::{attach, challenge};
pub(super) use events::events;
pub(super) use poll::poll;
pub(super) use requests::requests;

/// The device whose token the request has, or the refusal (R-TRN-1).
fn authorized<S: Store>(relay: &Relay<S>, request: &Request) -> Result<AttachedDevice, Box<Response>> {
    if !relay.is_serving() {
        return Err(Box::new(respond::closing(respond::refusal(
            relay,
            ErrorCode::GoingAway,
            0,
        ))));
    }
    let now = relay.clock.monotonic();
    let session = bearer(request.headers()).and_then(|token| relay.tokens.session(&token, now));
    let device = session.and_then(|session| relay.hub.remembered(session.device, session.session_epoch, now));
    match device {
        Some(device) => {
            if let Some(peer) = request.extensions().get::<Peer>() {
                peer.has_proven_itself();
            }
            Ok(device)
        }
        None => Err(Box::new(respond::closing(respond::refusal(
            relay,
            ErrorCode::AttachRequired,
            0,
        )))),
    }
}

/// `Authorization: Bearer <128 hex digits>`.
fn bearer(headers: &HeaderMap) -> Option<TokenBytes> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, digits) = value.split_once(' ')?;
    let mut token = [0; TokenBytes::LENGTH];
    hex::decode_to_slice(digits, &mut token)
        .ok()
        .filter(|()| scheme.eq_ignore_ascii_case("bearer"))?;
    Some(TokenBytes::new(token))
}

/// Numbers in a query, each at most once; what else stands in it is refused, so that a slip is not taken for zero.
fn query<const N: usize>(request: &Request, names: [&str; N]) -> Option<[Option<u64>; N]> {
    let mut values = [None; N];
    for pair in request
        .uri()
        .query()
        .unwrap_or_default()
        .split('&')
        .filter(|pair| !pair.is_empty())
    {
        let (name, value) = pair.split_once('=')?;
        let place = names.iter().position(|known| *known == name)?;
        let number = value
            .parse()
            .ok()
            .filter(|_| value.bytes().all(|byte| byte.is_ascii_digit()))?;
        if values[place].replace(number).is_some() {
            return None;
        }
    }
    Some(values)
}

#[cfg(test)]
mod tests {
    use axum::body::Body;

    use super::*;

    /// R-TRN-2: a query that is not understood is refused, never guessed.
    #[test]
    fn a_query_holds_known_numbers_once() {
        let of = |uri: &str| {
            let request = Request::builder()
                .uri(uri)
                .body(Body::empty())
                .expect("a request");
            query(&request, ["cursor", "wait"])
        };
        assert_eq!(of("/v1/poll"), Some([None, None]));
        assert_eq!(of("/v1/poll?cursor=7&wait=25"), Some([Some(7), Some(25)]));
        assert_eq!(of("/v1/poll?wait=0"), Some([None, Some(0)]));
        for refused in [
            "cursor",
            "cursor=",
            "cursor=-1",
            "cursor=+1",
            "cursor=1&cursor=1",
            "other=1",
            "cursor=18446744073709551616",
        ] {
            assert_eq!(of(&format!("/v1/poll?{refused}")), None, "{refused}");
        }
    }

    /// R-TRN-1: the token is 128 hex digits after the word Bearer.
    #[test]
    fn only_a_bearer_token_of_the_right_length_is_one() {
        let of = |value: String| {
            let mut headers = HeaderMap::new();
            headers.insert(header::AUTHORIZATION, value.parse().expect("a value"));
            bearer(&headers)
        };
        assert_eq!(
            of(format!("Bearer {}", "0a".repeat(64))),
            Some(TokenBytes::new([10; 64]))
        );
        for refused in [
            format!("Bearer {}", "0a".repeat(63)),
            format!("Basic {}", "0a".repeat(64)),
            "0a".repeat(64),
        ] {
            assert_eq!(of(refused), None);
        }
        assert_eq!(bearer(&HeaderMap::new()), None);
    }
}
