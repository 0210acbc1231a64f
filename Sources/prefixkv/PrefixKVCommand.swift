import ArgumentParser
import Basics
import Foundation
import Inference
import Settings

@main
struct PrefixKVCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "prefixkv",
    abstract: "Chat with LLaVA in the terminal while the KV cache shrinks and grows.",
    discussion: """
      Without a subcommand the chat opens on the bundled model. Everything runs on the CPU. A variable \
      stands for an option of the chat in every command that has it, too: PREFIXKV_BUDGET=30% for \
      --budget.
      """,
    version: "0.1.0",
    subcommands: [
      ChatCommand.self, DemoCommand.self, AskCommand.self, TraceCommand.self, EvalCommand.self,
      ProfileCommand.self, PlotCommand.self, ModelsCommand.self, SessionsCommand.self,
      InspectCommand.self,
      DoctorCommand.self, ConfigCommand.self, BenchCommand.self, ConvertCommand.self,
    ],
    defaultSubcommand: ChatCommand.self)

  @Flag(help: "Show the licences of the program and of everything that comes with it.")
  var licenses = false

  /// Runs before any subcommand does, so that the default one does not open the chat instead.
  func validate() throws {
    if licenses { throw CleanExit.message(try Licences.all()) }
  }

  static func main() {
    AvailableMemory.spareAddressSpace()
    StandardStream.occupyClosedDescriptors()
    // A closed pipe and a file-size limit become errors of the writes that meet them.
    signal(SIGPIPE, SIG_IGN)
    signal(SIGXFSZ, SIG_IGN)
    if let shortage = AvailableMemory.shortageAtStart() {
      StandardStream.errors.notice("prefixkv: " + shortage)
      endProcess(ExitStatus.badData.rawValue)
    }
    endProcess(run(Array(CommandLine.arguments.dropFirst())))
  }

  /// Runs the subcommand that the arguments name. An error becomes one sentence on stderr.
  ///
  /// - Returns: The exit status.
  private static func run(_ words: [String]) -> Int32 {
    let arguments = NegativeValues.joined(words)
    var command: any ParsableCommand
    do {
      try FirstWord.check(arguments)
      try RepeatedOptions.check(arguments)
      command = try parseAsRoot(ChatSettings.applied(to: arguments))
    } catch let error as SettingsError {
      return finish(error, mistake: .of(error), sentence: "\(error)")
    } catch {
      let mistake = message(for: error)
      return finish(
        error, mistake: .usage,
        sentence: sentence(mistake) + NegativeValues.advice(on: mistake, arguments))
    }
    do {
      try command.run()
      return StandardStream.errors.firstFailure?.exitStatus.rawValue ?? 0
    } catch let status as ExitCode {
      return status.rawValue
    } catch {
      return finish(error, mistake: .of(error), sentence: "\(error)")
    }
  }

  private static func finish(
    _ error: any Error, mistake: ExitStatus, sentence: String
  ) -> Int32 {
    // ArgumentParser throws what --help and --version print, too.
    guard exitCode(for: error) == .success else {
      if mistake != .closedPipe { StandardStream.errors.notice("prefixkv: " + sentence) }
      return mistake.rawValue
    }
    do {
      try StandardStream.output.line(fullMessage(for: error))
      return ExitStatus.success.rawValue
    } catch {
      return finish(error, mistake: error.exitStatus, sentence: "\(error)")
    }
  }

  /// Some of ArgumentParser's messages have several lines, and some no full stop.
  private static func sentence(_ message: String) -> String {
    let line = message.split(whereSeparator: \.isNewline)
      .map { $0.trimmingCharacters(in: .whitespaces) }.joined(separator: " ")
    return line.last.map { ".!?".contains($0) } == true ? line : line + "."
  }
}
