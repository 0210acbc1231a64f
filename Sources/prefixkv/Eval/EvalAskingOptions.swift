import ArgumentParser
import Evaluation

/// When questions come, and what they see of what was read before.
struct EvalAskingOptions: ParsableArguments {
  @Option(
    name: .customLong("protocol"),
    help: """
      together reads picture and question, then compresses; ask-after compresses the picture before \
      the question comes; turns asks all questions of an item's conversation about one picture.
      """)
  var asking: AskingProtocol = .together

  @Option(
    name: .long,
    help: """
      Whether later questions see evicted entries, too: on or off. Default: on, with ask-after and \
      turns.
      """)
  var recall: Switch?

  func validate() throws {
    guard recall == nil || asking.hasLaterPrompts else {
      throw ValidationError(
        "--recall is about questions after something was evicted: --protocol ask-after or turns.")
    }
  }
}

extension AskingProtocol: ExpressibleByArgument {}
