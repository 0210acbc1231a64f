import Basics
import Foundation
import Inference
import Sessions

/// Does the work that `update` asks for, except what concerns the terminal itself.
struct Services {
  let engine: any EngineConnection
  let history: HistoryFile
  let sessions: any SessionStore
  /// What happens in the store of sessions, in order.
  let answers: Mailbox<AppEvent>

  /// - Returns: the events that answer the effect.
  func perform(_ effect: AppEffect) -> [AppEvent] {
    switch effect {
    case .post(let command):
      engine.post(command)
      return []
    case .listPaths(let prefix, let filter):
      return [.completions(PathListing.paths(from: prefix, filter), for: prefix)]
    case .listModels(let prefix): return [.completions(Self.models(from: prefix), for: prefix)]
    case .readPictures(let asked): return [.pictureRead(asked, Self.read(asked))]
    case .remember(let line):
      do {
        try history.add(line)
        return []
      } catch {
        return [.failed("The question is not in the history: \(error)", nil)]
      }
    case .store(let request):
      sessions.post { KeptPaths.absolute(in: request) }
      return []
    case .keepPicture(let number, let path, let pixels):
      sessions.post { .keepPicture(number: number, KeptPicture.made(of: pixels, at: path)) }
      return []
    case .save(let path, let text): return [save(text, to: UserFolders().expanded(path))]
    case .export(let path, let session, let pixels):
      return [export(session, pixels, to: UserFolders().expanded(path))]
    case .copy(let text):
      return [
        copied(text)
          ?? .failed(
            "No program for the clipboard was found (wl-copy, xclip); the panels copy through the terminal.",
            .cannotWrite)
      ]
    case .mouseReports, .repaint, .suspend, .quit: return []
    }
  }

  /// Ends what runs in the background, once conversations are kept.
  func finish() {
    engine.post(.shutdown)
    sessions.finish()
  }

  private static func models(from prefix: String) -> [String] {
    let isPath = ["/", "~", "."].contains { prefix.hasPrefix($0) }
    let names = isPath ? [] : ModelCatalogue.names().filter { $0.hasPrefix(prefix) }
    return names + PathListing.paths(from: prefix, .models).filter { !names.contains($0) }
  }

  /// Hands text to a program of the desktop.
  ///
  /// - Returns: nil where there is none, or it fails.
  func copied(_ text: String) -> AppEvent? {
    guard let helper = Clipboard.helper(ProcessInfo.processInfo.environment), helper.take(text)
    else { return nil }
    return .noted("copied \(Format.counted(text.count, "character")) with \(helper.name)")
  }

  private static func read(_ asked: PictureQuestion) -> PictureMention {
    if case .image(let text) = asked { return PictureMention.afterCommand(text) }
    return PictureMention.read(asked.text)
  }

  private func export(_ session: SavedSession, _ pixels: Pixels?, to path: String) -> AppEvent {
    do {
      let format = try SessionFormats.format(of: path)
      let picture = pixels.flatMap(KeptPicture.copy)
      return save(format.text(KeptPaths.absolute(in: session), picture), to: path)
    } catch {
      return .failed("\(error)", .usage)
    }
  }

  /// A file that is there is never replaced.
  private func save(_ text: String, to path: String) -> AppEvent {
    guard access(path, F_OK) != 0 else {
      return .failed("'\(path)' exists already. Choose another name.", .cannotCreate)
    }
    do {
      try OutputFile.write(text.utf8, to: path)
      return .noted("The conversation is in \(path).")
    } catch {
      return .failed("\(error)", error.exitStatus)
    }
  }
}
