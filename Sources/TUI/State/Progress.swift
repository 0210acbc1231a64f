import Inference

/// How far the engine is with loading, with the picture, or with the prompt.
struct Progress: Sendable, Equatable {
  var stage: EngineStage
  var done: Int
  var total: Int
  /// Squares of the picture; 1 where the model looks at one.
  var tiles = 1

  /// In [0, 1].
  var share: Double { total > 0 ? min(1, max(0, Double(done) / Double(total))) : 0 }

  var label: String {
    switch stage {
    case .loading: "loading the model"
    case .vision: "looking at the picture" + tile
    case .prefill: "reading the prompt"
    }
  }

  /// ", tile 2 of 5"; nothing where there is one.
  private var tile: String {
    guard tiles > 1, total > 0 else { return "" }
    return ", tile \(min(tiles, done * tiles / total + 1)) of \(tiles)"
  }
}
