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

  /// What the engine has to tell for it.
  var watch: CacheWatch {
    switch self {
    case .off: []
    case .kept, .layer: [.kept]
    case .importance: [.kept, .importance]
    }
  }

  var next: Overlay {
    let all = Self.allCases
    return all[((all.firstIndex(of: self) ?? 0) + 1) % all.count]
  }

  /// What the picture then shows.
  var sentence: String {
    switch self {
    case .off: "the picture without an overlay"
    case .kept: "a patch is the darker, the more layers have evicted it"
    case .layer: "patches that the selected layer has evicted are dark"
    case .importance: "the colour of a patch is the attention that it received"
    }
  }
}

extension AppState {
  mutating func setOverlay(_ overlay: Overlay) -> [AppEffect] {
    self.overlay = overlay
    acknowledge("overlay \(overlay.rawValue): \(overlay.sentence)")
    return []
  }

  /// What the screen needs to be told of the cache's entries now.
  var wantedWatch: CacheWatch {
    zoomed == .layers || zoomed == nil && isWide ? [.kept, .importance] : overlay.watch
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
