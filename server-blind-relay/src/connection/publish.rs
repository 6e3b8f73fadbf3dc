//! Publishing and taking keys and lists, SPEC 26.

use bytes::Bytes;
use twotick_wire::{
    DeviceCertificate, DeviceId, ErrorCode, RequestId,
    frame::{Bundles, Certificates, Lists, Opaque, PublishList, PublishPrekeys, TakePrekeys},
};

use super::{AttachedDevice, Connection, Now, pending::Awaits, request::fetch};
use crate::store;
use crate::{
    store::{Op, PublishedList, PublishedPrekeys},
    verify::{self, VerifiedList},
};

impl Connection {
    /// R-KEY-2: rate, then every signature. None of the frame is taken if one is bad.
    pub(super) fn publish_prekeys(&mut self, published: &PublishPrekeys, device: &AttachedDevice, now: Now) {
        if let Err(limited) = self.settings.limiter.publish(device.device, now.monotonic) {
            return self.refuse(
                published.request,
                ErrorCode::RateLimited,
                limited.retry_after,
                now,
            );
        }
        match verified_prekeys(published, device, now) {
            Ok(prekeys) => {
                self.submit(
                    published.request,
                    Awaits::PrekeysPublished,
                    0,
                    Op::PublishPrekeys(prekeys),
                );
            }
            Err(code) => self.refuse(published.request, code, 0, now),
        }
    }

    /// R-KEY-1, up to where the list before is needed.
    pub(super) fn publish_list(&mut self, published: &PublishList<'_>, device: &AttachedDevice, now: Now) {
        if let Err(limited) = self.settings.limiter.publish(device.device, now.monotonic) {
            return self.refuse(
                published.request,
                ErrorCode::RateLimited,
                limited.retry_after,
                now,
            );
        }
        let certificates = published.certificates.as_slice();
        let slices = certificates.iter().map(|certificate| certificate.as_slice());
        match VerifiedList::verify(&published.list, slices, device.account, now.wall) {
            Ok(verified) => {
                let op = Op::PublishList(PublishedList {
                    account: device.account,
                    list: verified.list,
                    head: verified.head,
                    encoded: Bytes::copy_from_slice(&published.list),
                    certificates: certificates
                        .iter()
                        .map(|bytes| Bytes::copy_from_slice(bytes))
                        .collect(),
                    now: now.wall,
                });
                self.submit(published.request, Awaits::Done, 0, op);
            }
            Err(code) => self.refuse(published.request, code, 0, now),
        }
    }

    /// The asker has the right: takes from the limits of the devices that are listed (R-KEY-3).
    pub(super) fn take_prekeys(
        &mut self,
        take: &TakePrekeys,
        listed: &[DeviceId],
        device: &AttachedDevice,
        now: Now,
    ) {
        let limiter = &self.settings.limiter;
        let may_take = |target: &DeviceId| {
            listed.contains(target)
                && limiter
                    .take_prekey(device.account, *target, now.monotonic)
                    .is_ok()
        };
        let devices = take
            .devices
            .iter()
            .map(|target| (*target, may_take(target)))
            .collect();
        let op = Op::TakePrekeys(store::TakePrekeys {
            fetch: fetch(take.account, &take.capability, device, now),
            devices,
        });
        self.submit(take.request, Awaits::Bundles, 0, op);
    }

    pub(super) fn bundles(&mut self, request: RequestId, list: &Bytes, bundles: &[Bytes]) {
        let bundles = Bundles {
            request,
            list: Opaque::new(list),
            bundles: bundles.iter().map(|bundle| Opaque::new(bundle)).collect(),
        };
        self.queue.answer(bundles.encode());
    }

    pub(super) fn lists(&mut self, request: RequestId, list: &Bytes, certificates: &[Bytes]) {
        let certificates: Vec<[u8; DeviceCertificate::LENGTH]> = certificates
            .iter()
            .filter_map(|certificate| certificate.as_ref().try_into().ok())
            .collect();
        let lists = Lists {
            request,
            list: Opaque::new(list),
            certificates: Certificates::new(&certificates),
        };
        self.queue.answer(lists.encode());
    }
}

fn verified_prekeys(
    published: &PublishPrekeys,
    device: &AttachedDevice,
    now: Now,
) -> Result<PublishedPrekeys, ErrorCode> {
    let (key, certificate) = (&device.signing_key, &device.certificate_hash);
    if let Some(signed) = &published.signed_prekey {
        verify::signed_prekey(signed, key, certificate, now.wall)?;
    }
    let one_time = published.one_time_prekeys.iter().map(|prekey| {
        let id = verify::one_time_prekey(prekey, key, certificate)?;
        Ok((id, prekey.encode().into()))
    });
    Ok(PublishedPrekeys {
        device: device.device,
        one_time: one_time.collect::<Result<_, ErrorCode>>()?,
        signed: published
            .signed_prekey
            .as_ref()
            .map(|signed| signed.encode().into()),
        now: now.wall,
    })
}
