//! Which addresses a call may go to when its host was named by whoever sent the request.
//!
//! An allow-list names hosts, but whoever runs a host's DNS says where it leads: to the metadata service of a cloud,
//! to a database on the same private network, to the gateway itself. On such a route only public unicast addresses are
//! connected to. The addresses that are judged are the very ones that are connected to, so that a name which leads
//! elsewhere at the second look-up wins nothing (DNS rebinding).
//!
//! What is not public is what the IANA's registries of special-purpose addresses do not mark as globally reachable
//! (<https://www.iana.org/assignments/iana-ipv4-special-registry>,
//! <https://www.iana.org/assignments/iana-ipv6-special-registry>), and multicast. Addresses that carry another inside
//! are judged by that, too: a translator may stand on the way.

use std::{
    error::Error,
    fmt, io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
};

/// A name led to no public address.
#[derive(Debug)]
pub(super) struct NotPublic;

impl fmt::Display for NotPublic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the host leads to no public address")
    }
}

impl Error for NotPublic {}

/// The public ones among the addresses of a name.
///
/// # Errors
/// With [`NotPublic`] inside, when there are addresses and none of them is public.
pub(super) fn only(addresses: impl Iterator<Item = SocketAddr>) -> io::Result<Vec<SocketAddr>> {
    let (public, others): (Vec<_>, Vec<_>) = addresses.partition(|address| is_public(address.ip()));
    if public.is_empty() && !others.is_empty() {
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, NotPublic));
    }
    Ok(public)
}

/// Whether a call failed because its host is not to be called.
pub(super) fn is_why(error: &(dyn Error + 'static)) -> bool {
    let mut source = Some(error);
    while let Some(error) = source {
        // An I/O error shows what it wraps as itself, not as its source.
        let wrapped = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        if error.is::<NotPublic>() || wrapped.is_some_and(|wrapped| wrapped.is::<NotPublic>()) {
            return true;
        }
        source = error.source();
    }
    false
}

fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let special = match address.octets() {
        // This network.
        [0, ..] => true,
        // Private use.
        [10, ..] | [192, 168, ..] => true,
        [172, second, ..] => second & 0xf0 == 16,
        // Shared by the customers of a provider.
        [100, second, ..] => second & 0xc0 == 64,
        // This machine.
        [127, ..] => true,
        // This link, and with it the metadata services of clouds.
        [169, 254, ..] => true,
        // Protocol assignments, documentation, relays of 6to4, benchmarks.
        [192, 0, 0 | 2, _] | [198, 51, 100, _] | [203, 0, 113, _] | [192, 88, 99, _] => true,
        [198, second, ..] => second & 0xfe == 18,
        // Looks public; inside Azure it is the machine's own host, which hands out what the machine may know.
        [168, 63, 129, 16] => true,
        // Multicast, reserved, broadcast.
        [first, ..] => first >= 224,
    };
    !special
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let [a, b, c, d, e, f, g, h] = address.segments();
    let inner = |high: u16, low: u16| {
        let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
        is_public_v4(Ipv4Addr::new(a, b, c, d))
    };
    match [a, b, c, d, e, f] {
        // An IPv4 address in the clothes of IPv6, and behind a translator.
        [0, 0, 0, 0, 0, 0xffff] | [0x64, 0xff9b, 0, 0, 0, 0] => inner(g, h),
        // Behind a relay of 6to4.
        [0x2002, high, low, ..] => inner(high, low),
        // Protocol assignments, Teredo among them, and documentation.
        [0x2001, second, ..] => second >= 0x200 && second != 0xdb8,
        [0x3fff, second, ..] => second >= 0x1000,
        // All unicast that was ever given out. Outside are this machine, this link, private networks, multicast.
        _ => a & 0xe000 == 0x2000,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first and the last address of every range, and their neighbours outside where those are public.
    #[test]
    fn special_addresses_are_refused_to_their_bounds_and_their_neighbours_are_not() {
        let refused = [
            "0.0.0.0",
            "0.255.255.255",
            "10.0.0.0",
            "10.255.255.255",
            "100.64.0.0",
            "100.127.255.255",
            "127.0.0.0",
            "127.255.255.255",
            "168.63.129.16",
            "::ffff:168.63.129.16",
            "169.254.0.0",
            "169.254.169.254",
            "169.254.255.255",
            "172.16.0.0",
            "172.31.255.255",
            "192.0.0.0",
            "192.0.0.255",
            "192.0.2.0",
            "192.0.2.255",
            "192.88.99.1",
            "192.168.0.0",
            "192.168.255.255",
            "198.18.0.0",
            "198.19.255.255",
            "198.51.100.7",
            "203.0.113.7",
            "224.0.0.0",
            "239.255.255.255",
            "240.0.0.0",
            "255.255.255.255",
            "::",
            "::1",
            "::7f00:1",
            "::ffff:10.0.0.1",
            "::ffff:127.0.0.1",
            "64:ff9b::a00:1",
            "64:ff9b:1::1",
            "100::1",
            "2001::1",
            "2001:1ff:ffff::",
            "2001:db8::1",
            "2002:a00:1::",
            "2002:7f00:1::1",
            "3fff::1",
            "3fff:fff::1",
            "5f00::1",
            "fc00::1",
            "fdaa:0:1::3",
            "fe80::1",
            "fec0::1",
            "ff02::1",
        ];
        let public = [
            "1.0.0.0",
            "9.255.255.255",
            "11.0.0.0",
            "100.63.255.255",
            "100.128.0.0",
            "126.255.255.255",
            "128.0.0.0",
            "168.63.129.15",
            "168.63.129.17",
            "169.253.255.255",
            "169.255.0.0",
            "172.15.255.255",
            "172.32.0.0",
            "192.0.1.1",
            "192.0.3.0",
            "192.167.255.255",
            "192.169.0.0",
            "198.17.255.255",
            "198.20.0.0",
            "203.0.112.255",
            "223.255.255.255",
            "::ffff:1.1.1.1",
            "64:ff9b::101:101",
            "2001:200::1",
            "2001:db7::1",
            "2001:db9::1",
            "2002:101:101::1",
            "2606:4700::1111",
            "3ffe::1",
            "3fff:1000::1",
        ];
        for address in refused {
            assert!(!is_public(address.parse().unwrap()), "{address} counts as public");
        }
        for address in public {
            assert!(is_public(address.parse().unwrap()), "{address} does not count as public");
        }
    }

    #[test]
    fn public_addresses_are_kept_and_none_at_all_is_the_resolvers_own_affair() {
        let addresses = ["10.0.0.1:443", "1.1.1.1:443", "[::1]:443"].map(|text| text.parse().unwrap());
        assert_eq!(only(addresses.into_iter()).unwrap(), [addresses[1]]);
        assert_eq!(only([].into_iter()).unwrap(), []);
        let refused = only([addresses[0], addresses[2]].into_iter()).unwrap_err();
        assert!(is_why(&refused), "{refused}");
        assert!(!is_why(&io::Error::other("no such host")), "another failure counts as this one");
    }
}
