import Basics

/// Keeps conversations. Work is handed over and done on a queue of the store's own; the outcomes
/// arrive where the store was told to report them.
public protocol SessionStore: Sendable {
  /// Hands a request over and returns at once. Requests are carried out in their order.
  ///
  /// - Parameter request: made on the store's queue, so that making it may take its time.
  func post(_ request: @escaping @Sendable () -> SessionRequest)
  /// Waits until everything that was handed over is done.
  func finish()
}

/// What the screen asks of a store.
public enum SessionRequest: Sendable, Equatable {
  /// Keeps a conversation as it now is. `number` counts conversations of this process; `id` is that of
  /// the kept conversation that this one goes on with, or nil. One without messages is deleted.
  case keep(number: Int, id: Int?, SavedSession)
  /// Keeps the picture of a conversation that has been or will be kept under this number; nil where it
  /// could not be read.
  case keepPicture(number: Int, SavedPicture?)
  /// Lists conversations that hold this text, the newest first; all of them for the empty text.
  case list(search: String)
  /// Reads a conversation to go on with it.
  case open(SessionChoice)
  /// Gives a kept conversation another title; the empty one takes it away.
  case rename(id: Int, title: String)
  case delete(id: Int)
  /// Asks for a place for the cache's entries of a conversation; `number` and `id` as for `keep`.
  case entriesPlace(number: Int, id: Int?)
}

/// Which conversation is meant.
public enum SessionChoice: Sendable, Equatable {
  /// The one that was changed last.
  case last
  case id(Int)

  /// Reads `last` or a number; nil for anything else.
  public init?(_ text: String) {
    if text == "last" {
      self = .last
    } else if let id = Int(text), id > 0 {
      self = .id(id)
    } else {
      return nil
    }
  }
}

/// What a store reports.
public enum SessionEvent: Sendable, Equatable {
  /// A conversation has a place in the store from now on.
  case kept(number: Int, id: Int)
  /// The answer to `list`.
  case list([SessionSummary], search: String)
  /// The answer to `open`.
  case opened(OpenedSession)
  /// A conversation could not be opened, renamed or deleted, or none could be listed: one sentence.
  case refused(String)
  case renamed(id: Int, title: String?)
  case deleted(id: Int)
  /// The answer to `entriesPlace`: where a file of entries is looked for.
  case entriesPlace(path: String)
  /// Conversations are not kept, or are kept again: one sentence.
  case notice(String)
}

/// A conversation in a list.
public struct SessionSummary: Sendable, Equatable, Codable {
  public var id: Int
  /// The name that a person gave it; nil without one.
  public var title: String?
  /// The first question.
  public var question: String
  /// Questions in all.
  public var questions: Int
  /// Seconds since 1970 of the last change.
  public var changed: Int
  public var modelName: String
  /// The picture's path; nil without one.
  public var picture: String?

  /// Each parameter is the property of its name.
  public init(
    id: Int, title: String?, question: String, questions: Int, changed: Int, modelName: String,
    picture: String?
  ) {
    self.id = id
    self.title = title
    self.question = question
    self.questions = questions
    self.changed = changed
    self.modelName = modelName
    self.picture = picture
  }

  /// What it is called: its title, or its first question. It is one line, whatever was typed.
  public var label: String { DisplayText.title(title ?? question) }
}

/// A conversation that is to go on.
public struct OpenedSession: Sendable, Equatable {
  public var id: Int
  public var session: SavedSession
  /// Where the picture is now: its own path, or that of the small copy where the file is gone or has
  /// changed. nil without a picture.
  public var picture: String?
  /// Why the small copy takes the picture's place, or why there is none: one sentence.
  public var pictureNote: String?
  /// A file with the cache's entries; nil without one.
  public var entries: String?

  /// Each parameter is the property of its name.
  public init(
    id: Int, session: SavedSession, picture: String?, pictureNote: String?, entries: String? = nil
  ) {
    self.entries = entries
    self.id = id
    self.session = session
    self.picture = picture
    self.pictureNote = pictureNote
  }
}
