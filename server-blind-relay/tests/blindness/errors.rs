//! Everything a client can do wrong, and what it is told.

use hyper::Method;
use twotick_wire::frame::{AccountSend, Capability, FetchList, MessageTo, Opaque, RequestId, Send};
use twotick_wire::{MessageId, SendId};

use crate::client::Link as _;
use crate::client::http::Http;
use crate::client::websocket::{Socket, WebSocketLink};
use crate::household::Household;
use crate::person::Terms;
use crate::relay::Target;

/// Provokes refusals of all kinds. What came back: frames, bodies.
pub(crate) async fn provoke(target: &Target, household: &Household) -> Vec<Vec<u8>> {
    let mut told = over_http(target, household).await;
    let own = household.accounts[0].capability.as_bytes().repeat(30);
    // Garbage, with a capability in it: bytes that do not decode are not shown either.
    for garbage in [
        own.clone(),
        [&[0xa2, 1, 0, 0, 0, 9], &own[..]].concat(),
        vec![0; 270_000],
        vec![],
    ] {
        let mut socket = Socket::open(target).await.expect("a socket");
        socket.challenge().await;
        socket.say(garbage).await;
        let refusal = loop {
            if let Err(refusal) = socket.hear().await {
                break refusal;
            }
        };
        told.push(refusal.bytes.to_vec());
    }
    let member = &household.members[6];
    for terms in [
        Terms {
            is_forged: true,
            ..Terms::default()
        },
        Terms {
            name: Some("elsewhere"),
            ..Terms::default()
        },
        Terms {
            nonce: Some([1; 32]),
            ..Terms::default()
        },
    ] {
        let refused = WebSocketLink::attach(target, &member.device, &terms).await;
        told.push(refused.err().expect("a refusal").bytes.to_vec());
    }
    let mut link = WebSocketLink::attach(target, &member.device, &Terms::default())
        .await
        .expect("attached");
    for frame in refused_requests(household) {
        let mut answer = link.ask(frame).await.to_vec();
        if answer[0] == 0xc7 {
            // A SendResult repeats the account, and whoever may know it gets its list (R-SND-5).
            answer.truncate(8);
        }
        told.push(answer);
    }
    told
}

async fn over_http(target: &Target, household: &Household) -> Vec<Vec<u8>> {
    let mut told = vec![];
    let mut http = Http::new(target);
    let wrong = hex::encode([0x77; 64]);
    let device = household.members[0].device.device_id();
    let paths = [
        "/".to_owned(),
        format!("/v1/{}", hex::encode(device.as_bytes())),
        "/v1/poll".to_owned(),
        "/v1/poll?cursor=x&lane=0&wait=1".to_owned(),
        "/v1/events?cursor=0&lane=0".to_owned(),
        "/v1/frames".to_owned(),
        "/v1/attach".to_owned(),
        "/v1/ws".to_owned(),
    ];
    for path in &paths {
        for token in [None, Some(wrong.as_str()), Some("no token")] {
            told.push(http.call(Method::GET, path, token, vec![]).await.1.to_vec());
            let body = household.accounts[1].capability.as_bytes().repeat(9);
            told.push(http.call(Method::POST, path, token, body).await.1.to_vec());
            told.push(http.call(Method::DELETE, path, token, vec![]).await.1.to_vec());
        }
    }
    let attach = Terms {
        is_forged: true,
        ..Terms::default()
    };
    let attach = attach.attach(&household.members[0].device, [5; 32], b"relay");
    told.push(http.post("/v1/attach", None, &[attach]).await.1.to_vec());
    told
}

/// An account that is not there, a capability that is not granted, devices that are not listed.
fn refused_requests(household: &Household) -> Vec<Vec<u8>> {
    let wrong = Capability::new([0x66; 16]);
    let devices = household.devices_of(0);
    let sealed = vec![0x44; 351];
    let send = |capability, count| {
        let messages = devices[..count].iter().map(|to| MessageTo {
            to: *to,
            message: Opaque::new(&sealed),
        });
        Send {
            request: RequestId::new(9),
            message_id: MessageId::new([9; 16]),
            lifetime: 60,
            body: Opaque::EMPTY,
            accounts: vec![AccountSend {
                account: household.id(0),
                capability,
                send_id: SendId::new([9; 16]),
                list: twotick_wire::ListHead {
                    epoch: 1,
                    hash: twotick_wire::ListHeadHash::new([0; 16]),
                },
                is_partial: false,
                messages: messages.collect(),
            }],
        }
        .encode()
    };
    let good = household.accounts[0].capability;
    let fetch = FetchList {
        request: RequestId::new(10),
        account: twotick_wire::AccountId::new([8; 32]),
        capability: wrong,
    };
    vec![send(wrong, 2), send(good, 1), send(good, 2), fetch.encode()]
}

/// What operators are shown.
pub(crate) async fn metrics(target: &Target) -> Vec<u8> {
    let mut http = Http::new(target);
    let mut all = vec![];
    for path in ["/metrics", "/healthz", "/readyz"] {
        let (status, body) = http.get(path, None).await;
        assert_eq!(status, 200, "{path}");
        all.extend_from_slice(&body);
    }
    all
}
