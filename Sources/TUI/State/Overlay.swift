import KVCache

/// What is drawn over the picture.
enum Overlay: String, Sendable, CaseIterable {
  /// The picture as it is.
  case off
  /// Every patch is dimmed by the share of layers that evicted it.
  case kept
  /// The patches that the selected layer has evicted are dark.
  case layer
  /// The attention that every patch received, mean over layers, as a colour.
  case importance
  /// What the selected token attended to, as a colour.
  case attention

  /// What the engine has to tell for it.
  var watch: CacheWatch {
    switch self {
    case .off: []
    case .kept, .layer, .attention: [.kept]
    case .importance: [.kept, .importance]
    }
  }

  /// Whether colours stand for amounts.
  var isMap: Bool { self == .importance || self == .attention }

  /// What the picture then shows.
  var sentence: String {
    switch self {
    case .off: "the picture without an overlay"
    case .kept: "a patch is the darker, the more layers have evicted it"
    case .layer: "patches that the selected layer has evicted are dark"
    case .importance: "the colour of a patch is the attention that it received"
    case .attention: "the colour of a patch is the attention of the selected token"
    }
  }
}

extension AppState {
  mutating func setOverlay(_ overlay: Overlay) -> [AppEffect] {
    self.overlay = overlay
    acknowledge("overlay \(overlay.rawValue): \(overlay.sentence)")
    return []
  }

  /// The overlay after this one. Where no token is selected, none shows its attention.
  var nextOverlay: Overlay {
    let all = Overlay.allCases.filter { $0 != .attention || inspection.isOn }
    return all[((all.firstIndex(of: overlay) ?? -1) + 1) % all.count]
  }

  /// What the screen needs to be told of the cache's entries now.
  var wantedWatch: CacheWatch {
    if zoomed == .layers || zoomed == nil && isWide { return [.kept, .importance] }
    return inspection.isOn ? overlay.watch.union(.kept) : overlay.watch
  }

  /// Tells the engine when that has changed.
  mutating func watchEffects() -> [AppEffect] {
    guard watch != wantedWatch else { return [] }
    watch = wantedWatch
    if watch.isEmpty { entries = nil }
    return [.post(.watch(watch))]
  }

  /// Selects another layer, positive steps for later ones.
  mutating func selectLayer(by step: Int) {
    let count = cache?.layers.count ?? model?.layers ?? 0
    selectedLayer = max(0, min(count - 1, selectedLayer + step))
  }
}
