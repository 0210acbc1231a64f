import Basics
import Foundation
import Inference

/// What happens to a line that was sent: it becomes a command, a picture, a question, or both.
extension AppState {
  mutating func submit() -> [AppEffect] {
    if let path = offeredPicture {
      prompt.set("")
      offeredPicture = nil
      return take(Request(picture: path))
    }
    return submit(line: prompt.take())
  }

  /// One line of input, from the prompt or from standard input in plain mode.
  mutating func submit(line: String) -> [AppEffect] {
    let text = line.trimmingCharacters(in: .whitespacesAndNewlines)
    guard !text.isEmpty else { return [] }
    history.add(text)
    let remember = AppEffect.remember(text)
    if let (name, rest) = SlashCommands.split(text), let command = SlashCommands.named(name) {
      guard rest.isEmpty || !command.argument.placeholder.isEmpty else {
        return [remember] + refuse("/\(name) takes nothing after it, and got '\(rest)'.")
      }
      guard options.isPlain, let instead = command.insteadInLines else {
        return [remember] + command.run(&self, rest)
      }
      notice(instead)
      return [remember]
    }
    if text.hasPrefix("/") || PictureMention.isPossible(in: text) {
      return [remember, .readPictures(.submitted(text))]
    }
    return [remember] + take(Request(question: text))
  }

  /// What the file system says about the pictures that a text names.
  mutating func handle(_ mention: PictureMention, of asked: PictureQuestion) -> [AppEffect] {
    if case .offer(let text) = asked {
      guard case .one(let path, "") = mention, prompt.text == text else { return [] }
      offeredPicture = path
      status = Status(text: "Enter loads this picture, Esc keeps it as text", kind: .good)
      return []
    }
    if case .submitted(let text) = asked, let name = unknownCommand(in: text, mention) {
      return refuse(
        "There is no command '/\(name)' and no such file. \(SlashCommands.advice(name))")
    }
    switch mention {
    case .one(let path, let question):
      return take(Request(picture: path, question: question.isEmpty ? nil : question))
    case .missing(let path): return refusePicture("There is no file at '\(path)'.")
    case .remote(let address): return refusePicture("\(ImageError.remoteAddress(address))")
    case .several(let paths):
      let names = paths.map { "'\($0)'" }.joined(separator: ", ")
      return refusePicture(
        "A conversation is about one picture, and this line names several: \(names). Name one.",
        .usage)
    case .none:
      guard case .image(let text) = asked else { return take(Request(question: asked.text)) }
      return refusePicture(
        "There is no file at '\(text)'. Tab completes paths; ~ and quotes work.")
    }
  }

  /// The name of a line that begins with a slash and is neither a command nor a path: `load` of
  /// `/load cat.jpg`, whether or not there is such a picture.
  private func unknownCommand(in text: String, _ mention: PictureMention) -> String? {
    guard let (name, rest) = SlashCommands.split(text), !name.contains("/") else { return nil }
    switch mention {
    case .one(_, let question): return question.hasPrefix("/" + name) ? name : nil
    case .missing: return rest.isEmpty ? nil : name
    case .none, .several, .remote: return name
    }
  }

  /// What is not there, unless the line itself is wrong.
  private mutating func refusePicture(
    _ sentence: String, _ status: ExitStatus = .missingInput
  ) -> [AppEffect] {
    refuse(sentence, status)
  }

  // MARK: Requests

  /// Carries a request out now, or lets it wait until the engine is done with what is before it.
  mutating func take(_ request: Request) -> [AppEffect] {
    if request.question != nil {
      scroll = .following
      guard model != nil || loads.models > 0 else {
        return refuse("No model is loaded. /model PATH loads one.")
      }
    }
    let mustWait = !queue.isEmpty || !isReady(for: request)
    if let question = request.question {
      transcript.append(Message(role: .user, text: question, isQueued: true))
    }
    queue.append(request)
    guard !mustWait else {
      if let path = request.picture {
        notice("picture \(PathText.name(of: path)) is opened when what runs now is done")
      }
      return []
    }
    return takeNext()
  }

  /// The next request that had to wait.
  mutating func takeNext() -> [AppEffect] {
    guard let request = queue.first, isReady(for: request) else { return [] }
    if let path = request.picture {
      // The question goes first in the queue, and is asked when the picture has been read.
      queue[0].picture = nil
      if request.question == nil { queue.removeFirst() }
      return loadPicture(path)
    }
    queue.removeFirst()
    if let resumption = request.resumption { return begin(resumption) }
    guard let question = request.question else { return takeNext() }
    forgetComparison()
    if let index = transcript.firstIndex(where: \.isQueued) { transcript[index].isQueued = false }
    return begin(.ask(question))
  }

  /// A picture can be shown before there is a model; a question needs one, and every picture that
  /// was asked for before it.
  private func isReady(for request: Request) -> Bool {
    if isAnswering || comparison?.isRunning == true { return false }
    if session.isResuming, request.resumption == nil { return false }
    return request.picture != nil || model != nil && !loads.isPending
  }

  mutating func begin(_ command: EngineCommand) -> [AppEffect] {
    isAnswering = true
    hasChangedSinceAnswer = false
    status = .answering
    noteSetting()
    return [.post(command)]
  }

  mutating func loadPicture(_ path: String) -> [AppEffect] {
    loads.pictures += 1
    status = Status(text: "opening \(path)", kind: .plain)
    return [.post(.loadImage(path: path))]
  }

  mutating func loadModel(_ name: String?) -> [AppEffect] {
    loads.references.append(name)
    status = Status(text: "loading \(name ?? "the bundled model")", kind: .plain)
    return [.post(.loadModel(name))]
  }

  /// Gives up the questions that wait for something that will not come.
  mutating func dropQueue(because reason: String) {
    guard queue.contains(where: { $0.question != nil }) else { return queue = [] }
    queue = []
    transcript.removeAll(where: \.isQueued)
    report(error: reason, .badData)
  }
}
