import CKernels
import Foundation

/// The model on a thread of its own, driven by commands and heard through events.
///
/// The thread builds, owns and destroys everything that is not `Sendable`; nothing of it leaves.
public final class Engine: Sendable {
  /// What happens, in order; read on one thread.
  public let events = Mailbox<EngineEvent>()
  private let commands = Mailbox<EngineCommand>()

  /// - Parameters:
  ///   - options: how conversations begin.
  ///   - load: how models are brought into memory.
  public init(options: ChatOptions, load: LoadOptions = LoadOptions()) {
    let thread = Thread { [commands, events] in
      ck_leave_signals_to_main_thread()
      EngineLoop(commands: commands, events: events, options: options, load: load).run()
    }
    thread.name = "engine"
    thread.stackSize = 16 << 20
    thread.start()
  }

  /// Asks for something. It may be called on any thread; the outcome arrives in `events`.
  public func post(_ command: EngineCommand) {
    if command == .listModels { listModels() } else { commands.post(command) }
  }

  /// Lists models on a thread of its own, since that needs no loaded model.
  private func listModels() {
    let thread = Thread { [events] in
      ck_leave_signals_to_main_thread()
      events.post(.models(ModelCatalogue()))
    }
    thread.name = "models"
    thread.stackSize = 16 << 20
    thread.start()
  }
}
