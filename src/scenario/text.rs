//! With the feature `serde`, the parts of a scenario are texts in rows and files, as they are
//! displayed and parsed.

use std::borrow::Cow;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

use super::{Arrivals, Clients, KeyDistribution, Latency, Mix, Workload};

macro_rules! as_text {
    ($($part:ty),+) => {$(
        impl Serialize for $part {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $part {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                Cow::<'_, str>::deserialize(deserializer)?.parse().map_err(D::Error::custom)
            }
        }
    )+};
}

as_text!(Arrivals, Clients, KeyDistribution, Latency, Mix, Workload);
