import Foundation
import Inference
import TestSupport
import Testing

@testable import TUI

@Suite struct ModelsCommandTests {
  private static let listing = ModelListing(
    name: "llava:7b", store: "ollama", path: "/o/blobs/sha256-1", member: "LLaVA-1.6 (Mistral)",
    weightType: "Q4_0", bytes: 4 << 30, memory: 5 << 30, refusal: nil)

  private static var catalogue: ModelCatalogue {
    var broken = listing
    broken.name = "broken"
    broken.memory = nil
    broken.refusal = "'x' is damaged."
    return ModelCatalogue(models: [listing, broken])
  }

  @Test func theListIsAskedForAndShown() {
    var state = Scene.answered()
    #expect(state.send("/models").last == .post(.listModels))
    #expect(state.listsAwaited == 1)
    state.feed(.engine(.models(Self.catalogue)))
    #expect(state.listsAwaited == 0)
    let lines = state.transcript.suffix(3).map(\.text)
    #expect(
      lines == [
        "  llava:7b: LLaVA-1.6 (Mistral), Q4_0, 4.0 GiB, 5.0 GiB of memory, in ollama",
        "  broken: LLaVA-1.6 (Mistral), Q4_0, 4.0 GiB, in ollama",
        "    does not run: 'x' is damaged.",
      ])
    #expect(state.status.text == "2 models; /model NAME loads one")
  }

  @Test func namesAreCompleted() {
    var state = Scene.answered()
    for character in "/model lla" { state.feed(.key(.character(character))) }
    #expect(state.feed(.key(.tab)) == [.listModels(prefix: "lla")])
    state.feed(.completions(["llava-hf/tiny", "llava:7b"], for: "lla"))
    #expect(state.prompt.text == "/model llava")
    state.feed(.key(.tab))
    #expect(state.prompt.text == "/model llava-hf/tiny")
    state.feed(.key(.tab))
    #expect(state.prompt.text == "/model llava:7b")
  }
}
