import Basics
import Inference

extension SlashCommand {
  static let models = SlashCommand(
    name: "models", summary: "list the models on this machine"
  ) { state, _ in
    state.listsAwaited += 1
    state.status = Status(text: "looking for models", kind: .plain)
    return [.post(.listModels)]
  }
}

extension AppState {
  /// One line for each model: a mark at the one that is loaded, and why one does not run.
  mutating func show(_ catalogue: ModelCatalogue) {
    listsAwaited = max(0, listsAwaited - 1)
    for listing in catalogue.models {
      let isLoaded = model.map { $0.name == listing.name || $0.path == listing.path } ?? false
      let mark = isLoaded ? "*" : " "
      let facts = [
        listing.member, listing.weightType, Format.bytes(listing.bytes),
        listing.memory.map { "\(Format.bytes($0)) of memory" }, "in \(listing.store)",
      ]
      notice("\(mark) \(listing.name): \(facts.compactMap(\.self).joined(separator: ", "))")
      if let refusal = listing.refusal { notice("    does not run: \(refusal)") }
    }
    for problem in catalogue.problems { notice(problem) }
    if let advice = catalogue.advice { notice(advice) }
    status = Status(
      text: Format.counted(catalogue.models.count, "model") + "; /model NAME loads one", kind: .good
    )
  }
}
