import Inference

/// How far the engine is with loading, with the picture, or with the prompt.
struct Progress: Sendable, Equatable {
  var stage: EngineStage
  var done: Int
  var total: Int

  /// In [0, 1].
  var share: Double { total > 0 ? min(1, max(0, Double(done) / Double(total))) : 0 }

  var label: String {
    switch stage {
    case .loading: "loading the model"
    case .vision: "looking at the picture"
    case .prefill: "reading the prompt"
    }
  }
}
