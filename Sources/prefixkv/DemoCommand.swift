import ArgumentParser
import Foundation
import Inference
import KVCache
import TUI

struct DemoCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "demo",
    abstract: "Watch a scripted conversation on the bundled model, then go on yourself.",
    discussion: "Space pauses, the right arrow skips a step, Esc ends the script.")

  @OptionGroup var pace: PaceOptions

  @Option(
    name: .long,
    help: "Colours for a light or a dark background. Default: auto, what COLORFGBG says, or dark.")
  var theme: ThemeChoice = .auto

  func run() throws {
    var chat = ChatOptions(policy: RetentionPolicies.standard)
    chat.pace = pace.pace ?? 25
    var options = AppOptions(
      samplePicture: ModelLocator.samplePicture(),
      policies: RetentionPolicies.all.map { PolicyChoice(name: $0.name, summary: $0.summary) },
      surface: .panels, theme: theme.theme)
    options.isDemo = true
    let status = runChat(engine: Engine(options: chat), options: options)
    if status != 0 { throw ExitCode(status) }
  }
}
