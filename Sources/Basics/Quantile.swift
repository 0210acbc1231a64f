extension [Double] {
  /// A quantile of ascending values, interpolated between neighbours.
  ///
  /// - Parameter share: in [0, 1]; 0.5 is the median.
  package func quantile(_ share: Double) -> Double {
    let place = share * Double(count - 1)
    let below = Int(place)
    let above = Swift.min(below + 1, count - 1)
    return self[below] + (self[above] - self[below]) * (place - Double(below))
  }
}
