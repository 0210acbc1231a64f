import ArgumentParser
import Basics
import Foundation
import Sessions

struct SessionsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sessions",
    abstract: "List, show, export or delete the conversations that the chat has kept.",
    discussion: """
      Without a number all are listed, the newest first. `prefixkv chat --resume NUMBER` goes on with \
      one. They are in sessions/sessions.sqlite in $XDG_STATE_HOME/prefixkv, by default \
      ~/.local/state/prefixkv, and only their owner may read them.
      """)

  @Argument(
    help: "The conversation: its number, or last. It is shown as Markdown.",
    completion: .list(["last"]))
  var conversation: SessionChoice?

  @Option(name: .long, help: "List those that hold this text.")
  var search: String?

  @Flag(name: .long, help: "Print JSON: the list, or the conversation.")
  var json = false

  @Option(
    name: .shortAndLong,
    help: "Write the conversation to a file that ends with .md, .json or .html.",
    completion: .file())
  var output: String?

  @Flag(name: .long, help: "Delete the conversation.")
  var delete = false

  func validate() throws {
    if conversation == nil, output != nil || delete {
      throw ValidationError("--output and --delete need a conversation, as in: sessions 3 --delete")
    }
    if conversation != nil, search != nil {
      throw ValidationError("--search lists conversations; give it or a conversation.")
    }
    if delete, output != nil || json {
      throw ValidationError("--delete shows nothing; --output and --json exclude it.")
    }
    if json, output != nil {
      throw ValidationError("--json prints; for a file give --output a name that ends with .json.")
    }
  }

  func run() throws {
    let format = try output.map(SessionFormats.format(of:))
    guard
      let database = try SessionDatabase.existing(
        in: UserFolders.sessions(in: UserFolders().state))
    else {
      if let conversation { throw SessionError.noSession(conversation) }
      return try list([])
    }
    if let notice = database.notice { StandardStream.errors.notice(notice) }
    guard let conversation else {
      return try list(try database.summaries(search: search ?? ""))
    }
    let (id, session, picture) = try database.read(conversation)
    if delete {
      _ = try database.delete(id)
      return try StandardStream.output.line("deleted conversation \(id)")
    }
    let shown = format ?? (json ? .json : .markdown)
    let text = shown.text(session, picture)
    guard let output else { return try StandardStream.output.write(text) }
    try InputFiles.protect([database.path], of: "every kept conversation", from: [output])
    try OutputFile.write(text.utf8, to: output)
  }

  private func list(_ summaries: [SessionSummary]) throws {
    if json { return try StandardStream.output.write(JSONStyle.document(Listing(summaries))) }
    guard !summaries.isEmpty else {
      let what = search.map { "holds '\($0)'" } ?? "has been kept yet"
      return StandardStream.errors.notice("No conversation \(what).")
    }
    var table = Table(headings: ["number", "conversation", "questions", "changed", "model"])
    table.columnsAtLeft = 2
    table.rows = summaries.map { summary in
      [
        "\(summary.id)", DisplayText.clipped(summary.label, to: 50), "\(summary.questions)",
        Format.moment(summary.changed), summary.modelName,
      ]
    }
    try StandardStream.output.write(table.text)
  }
}

/// What `sessions --json` prints; docs/schema/sessions.json describes it.
private struct Listing: Encodable {
  struct Session: Encodable {
    let id: Int
    @Nullable var title: String?
    let question: String
    let questions: Int
    let changed: Int
    let modelName: String
    @Nullable var picture: String?
  }

  let sessions: [Session]

  init(_ summaries: [SessionSummary]) {
    sessions = summaries.map {
      Session(
        id: $0.id, title: $0.title, question: $0.question, questions: $0.questions,
        changed: $0.changed, modelName: $0.modelName, picture: $0.picture)
    }
  }
}
