/// How little the model was sure of a token; what is at least nine tenths probable is ordinary text.
enum Confidence: Sendable, Equatable, CaseIterable {
  /// Below 90 %, below 50 %, below 20 %.
  case fair, low, poor

  /// nil for a token that the model was sure of.
  init?(_ probability: Double) {
    switch probability {
    case 0.9...: return nil
    case 0.5...: self = .fair
    case 0.2...: self = .low
    default: self = .poor
    }
  }

  /// The attributes tell the steps apart where there are no colours.
  var style: Style {
    switch self {
    case .fair: Style(.words, .italic)
    case .low: Style(.error, .bold)
    case .poor: Style(.error, [.bold, .reverse])
    }
  }

  /// What the steps look like, at most `width` columns.
  static func legend(width: Int) -> String {
    let legend = "confidence: italic under 90 %, bold 50 %, reversed 20 %"
    return legend.count <= width ? legend : "shaded by confidence"
  }
}
