//! Places labels so that they do not overlap.

/// Moves `wanted` positions apart until the distance of neighbours is at least `gap`, between `low`
/// and `high` if there is enough room.
///
/// Positions keep their order and move as little as possible: this is the least-squares solution by
/// the [pool adjacent violators algorithm](https://en.wikipedia.org/wiki/Isotonic_regression).
pub(super) fn spread(wanted: &[f64], gap: f64, low: f64, high: f64) -> Vec<f64> {
    let mut order: Vec<usize> = (0..wanted.len()).collect();
    order.sort_by(|&a, &b| wanted[a].total_cmp(&wanted[b]));
    // After the gaps before it are subtracted, a position only must not be below the one before it.
    let mut pools: Vec<(f64, f64)> = Vec::new();
    for (index, &at) in order.iter().enumerate() {
        let mut pool = (wanted[at] - index as f64 * gap, 1.0);
        while let Some(last) = pools.pop_if(|last| last.0 > pool.0) {
            let size = last.1 + pool.1;
            pool = ((last.0 * last.1 + pool.0 * pool.1) / size, size);
        }
        pools.push(pool);
    }
    let room = (high - gap * wanted.len().saturating_sub(1) as f64).max(low);
    let mut positions = vec![0.0; wanted.len()];
    let mut index = 0;
    for (position, size) in pools {
        let mut left = size;
        while left > 0.0 {
            positions[order[index]] = position.clamp(low, room) + index as f64 * gap;
            index += 1;
            left -= 1.0;
        }
    }
    positions
}

/// A rectangle.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Area {
    pub(super) x: f64,
    pub(super) y: f64,
    pub(super) width: f64,
    pub(super) height: f64,
}

impl Area {
    /// Returns the area that both rectangles cover.
    pub(super) fn overlap(&self, other: &Area) -> f64 {
        let along = |a: f64, a_size: f64, b: f64, b_size: f64| {
            ((a + a_size).min(b + b_size) - a.max(b)).max(0.0)
        };
        along(self.x, self.width, other.x, other.width)
            * along(self.y, self.height, other.y, other.height)
    }

    fn is_within(&self, bounds: &Area) -> bool {
        self.x >= bounds.x
            && self.y >= bounds.y
            && self.x + self.width <= bounds.x + bounds.width
            && self.y + self.height <= bounds.y + bounds.height
    }
}

/// The distances of a label from its point, in the order in which they are tried.
const RINGS: [f64; 6] = [8.0, 14.0, 22.0, 32.0, 44.0, 60.0];

/// Returns a position near (`x`, `y`) for a label of `width` by `height`: the nearest one within
/// `bounds` that does not overlap `taken`, or else the one with the smallest overlap.
pub(super) fn beside(
    (x, y): (f64, f64),
    (width, height): (f64, f64),
    bounds: &Area,
    taken: &[Area],
) -> Area {
    let mut best: Option<(f64, Area)> = None;
    for ring in RINGS {
        let slant = 0.7 * ring;
        let corners = [
            (x + ring, y - height / 2.0),
            (x - ring - width, y - height / 2.0),
            (x + slant, y - slant - height),
            (x + slant, y + slant),
            (x - slant - width, y - slant - height),
            (x - slant - width, y + slant),
            (x - width / 2.0, y - ring - height),
            (x - width / 2.0, y + ring),
        ];
        for (x, y) in corners {
            let area = Area { x, y, width, height };
            if !area.is_within(bounds) {
                continue;
            }
            let hidden: f64 = taken.iter().map(|other| area.overlap(other)).sum();
            if hidden == 0.0 {
                return area;
            }
            if best.is_none_or(|(least, _)| hidden < least) {
                best = Some((hidden, area));
            }
        }
    }
    best.map_or(Area { x: x + RINGS[0], y: y - height / 2.0, width, height }, |(_, area)| area)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The lines of eight equally fast strategies end at the same position. Their names must not.
    #[test]
    fn equal_positions_are_spread_around_their_middle() {
        assert_eq!(spread(&[50.0; 3], 10.0, 0.0, 100.0), [40.0, 50.0, 60.0]);
        let eight = spread(&[98.0; 8], 12.0, 0.0, 100.0);
        assert!(eight.windows(2).all(|pair| (pair[1] - pair[0] - 12.0).abs() < 1e-9), "{eight:?}");
        assert!((eight[7] - 100.0).abs() < 1e-9);
    }

    /// A label with enough room stays at its position, and labels keep their order.
    #[test]
    fn distant_positions_stay_and_the_order_is_kept() {
        assert_eq!(spread(&[90.0, 10.0, 50.0], 10.0, 0.0, 100.0), [90.0, 10.0, 50.0]);
        assert_eq!(spread(&[52.0, 10.0, 48.0], 10.0, 0.0, 100.0), [55.0, 10.0, 45.0]);
        assert_eq!(spread(&[], 10.0, 0.0, 100.0), [0.0; 0]);
    }

    /// Labels of several points at one position are placed around it.
    #[test]
    fn labels_around_one_point_do_not_overlap() {
        let bounds = Area { x: 0.0, y: 0.0, width: 300.0, height: 200.0 };
        let mut taken: Vec<Area> = Vec::new();
        for _ in 0..8 {
            let area = beside((150.0, 100.0), (60.0, 12.0), &bounds, &taken);
            assert!(taken.iter().all(|other| area.overlap(other) == 0.0), "{area:?} on {taken:?}");
            taken.push(area);
        }
    }
}
