import Evaluation
import ArgumentParser

@main
struct PrefixKVCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "prefixkv",
    abstract: "Chat with LLaVA in the terminal while the KV cache shrinks and grows.",
    discussion: """
      Without a subcommand the chat opens on the bundled model. Everything runs on the CPU.
      """,
    version: "0.1.0",
    subcommands: [
      ChatCommand.self, AskCommand.self, TraceCommand.self, EvalCommand.self,
      ProfileCommand.self, PlotCommand.self, InspectCommand.self, DoctorCommand.self,
      BenchCommand.self, ConvertCommand.self,
    ],
    defaultSubcommand: ChatCommand.self)
}
