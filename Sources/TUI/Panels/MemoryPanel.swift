import Basics

extension PanelID {
  static let memory = PanelID(name: "memory")
}

extension Panel {
  /// Measured memory: what the kept entries need, what is allocated for them (capacity grows in
  /// steps, so this is more), what was evicted to the spill file, what the last question brought back from there, and what the process
  /// takes.
  static let memory = Panel(
    id: .memory,
    place: .side,
    urgency: 2,
    summary: { state, width in
      let cache = state.cache.map { Format.bytes($0.bytesKept) + " kept" }
      let process = state.memory.map { Format.bytes($0.resident) + " process" }
      let both = [cache, process].compactMap(\.self).joined(separator: " · ")
      return both.count <= width ? both : cache ?? ""
    },
    heights: { state, width in
      let count = facts(state).count
      return Array(1...(width >= pairWidth ? (count + 1) / 2 : count))
    },
    draw: { state, canvas, _ in
      let facts = facts(state)
      let columns = canvas.size.columns >= pairWidth ? 2 : 1
      let width = (canvas.size.columns - (columns - 1) * 4) / columns
      for (index, fact) in facts.enumerated() {
        let x = index % columns * (width + 4)
        let y = index / columns
        let whole = fact.value + fact.unit
        let fits = DisplayText.width(fact.label) + 1 + DisplayText.width(whole) <= width
        let value = fits ? whole : fact.value
        let room = width - DisplayText.width(value) - 1
        canvas.put(DisplayText.clipped(fact.label, to: room), x: x, y: y, style: Style(.dim))
        canvas.putTrailing(value, end: x + width, y: y, limit: width)
      }
    },
    text: { state in
      [
        "memory: "
          + facts(state).map { "\($0.label) \($0.value)\($0.unit)" }.joined(separator: ", ")
      ]
    })

  /// From here on two facts stand side by side.
  private static let pairWidth = 60

  /// A label, a figure, and a unit that is left out where there is no room for it.
  private typealias Fact = (label: String, value: String, unit: String)

  private static func facts(_ state: AppState) -> [Fact] {
    var facts: [Fact] = []
    func add(_ label: String, _ value: String, _ unit: String = "") {
      facts.append((label, value, unit))
    }
    if let cache = state.cache {
      if let model = state.model, let seen = cache.layers.first?.seen {
        add("context", "\(Format.count(seen)) of \(Format.count(model.context))", " positions")
      }
      add("kept entries", Format.bytes(cache.bytesKept))
      add("allocated for them", Format.bytes(cache.bytesResident))
      add("evicted to disk", Format.bytes(cache.bytesSpilled))
    }
    if let recall = state.lastRecall {
      let time = Format.duration(recall.duration)
      add("recalled for the question", "\(Format.bytes(recall.bytes)) in \(time)")
      add("allocated while it was read", Format.bytes(recall.peakBytes))
    }
    if state.quality.twinBytes > 0 {
      add("the twin's full cache", Format.bytes(state.quality.twinBytes))
    }
    if let model = state.model { add("weights", Format.bytes(model.weightBytes)) }
    if let memory = state.memory {
      add("process", Format.bytes(memory.resident))
      add("peak", Format.bytes(memory.peak))
    }
    return facts.isEmpty ? [("not measured yet", "", "")] : facts
  }
}
