/// Entries that a layer of `length` has too many when `1 - forgotten` of `seen` may stay.
///
/// The order of operations is that of the published baselines, in double precision:
/// 170 - 170 * (1 - 0.7) gives 118, not 119.
func uniformExcess(length: Int, seen: Int, forgotten: Double) -> Int {
  max(0, Int(Double(length) - Double(seen) * (1 - forgotten)))
}
