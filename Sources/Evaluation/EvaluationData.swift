import Basics
import Foundation

/// One question about one picture, with the answer a data set gives; or a running text.
public struct EvaluationSample: Sendable, Equatable {
  /// Index in the file, from 0; bad items are counted, too.
  public var index: Int
  /// The file's `id` or `question_id`, or the index.
  public var id: String
  /// The picture's path relative to the image root, exactly as in the file; nil for a running text.
  public var image: String?
  /// The question with exactly one `<image>`, or the running text.
  public var question: String
  /// The answer; empty when the file has none and none is needed.
  public var answer: String
  /// The file's `kind` or `category`: results are also summed up by it.
  public var kind: String?
  /// The further turns of a conversation, in their order.
  public var later: [Exchange] = []
  /// The file's `objects`: everything that the picture shows; nil where the file does not say.
  public var objects: [String]?

  /// A question without a picture of its own, and its answer.
  public struct Exchange: Sendable, Equatable {
    /// As the data has it.
    public var question: String
    /// Empty when the file has no answer and none is needed.
    public var answer: String
  }

  /// Where a picture is that the data names `image`, exactly as written there.
  static func path(ofPicture image: String, in root: String) -> String {
    if image.hasPrefix("/") { return image }
    return (root.hasSuffix("/") ? root : root + "/") + image
  }

  /// The question without the picture's mark and the line break beside it.
  var bareQuestion: String {
    question.replacingOccurrences(of: "<image>", with: "")
      .trimmingCharacters(in: .whitespacesAndNewlines)
  }
}

/// A data set: `detail_1k.json`, `mm-vet.json`, a file of reference answers, or JSON lines.
public struct EvaluationData: Sendable, Equatable {
  /// Which of the reference scripts' forms an item has.
  public enum Form: String, Sendable, Codable {
    /// `image` and `conversations`: the first human turn asks, the model's turn after it answers.
    case conversations
    /// `image`, `question` and `answer`; `<image>` is added to the end of a question without it.
    /// MM-Vet writes `imagename` for the picture, LLaVA's question files `text` for the question.
    case questions
    /// A text file, whose first tokens are read and whose next ones are scored (`Passage`).
    case text
  }

  /// The path as it was given.
  public let path: String
  /// The form of the first item that can be used.
  public let form: Form
  /// The items that can be used, in the file's order.
  public let samples: [EvaluationSample]
  /// The items that were left out, in the file's order.
  public let problems: [DataProblem]
  /// SHA-256 of the file.
  public let digest: String

  /// Reads a whole data set. An item that cannot be used is left out and reported; the others are
  /// read.
  ///
  /// - Parameters:
  ///   - needsAnswers: Whether an item without an answer is a bad one.
  ///   - needsTurns: Whether all turns of an item's conversation are wanted, and not the first question
  ///     alone.
  ///   - isStrict: Whether the first bad item is thrown instead of being left out.
  public static func read(
    path: String, needsAnswers: Bool = true, needsTurns: Bool = false, isStrict: Bool = false
  ) throws(DataError) -> EvaluationData {
    let bytes = try contents(of: path)
    if path.hasSuffix(".txt") { return try text(bytes, path: path) }
    guard !hasWideCharacters(bytes) else { throw .notUTF8(file: path) }
    let items = try DataItems.read(bytes, file: path)
    guard !items.isEmpty else { throw .noItems(file: path) }
    var samples: [EvaluationSample] = []
    var problems: [DataProblem] = []
    var form: Form?
    for (index, item) in items.enumerated() {
      let reader = DataItemReader(
        file: path, index: index, needsAnswer: needsAnswers, needsTurns: needsTurns, item: item)
      do {
        let (sample, itsForm) = try reader.sample()
        samples.append(sample)
        form = form ?? itsForm
      } catch {
        if isStrict { throw .bad(error) }
        problems.append(error)
      }
    }
    guard let form else { throw .allBad(file: path, first: problems[0]) }
    return EvaluationData(
      path: path, form: form, samples: samples, problems: problems,
      digest: SHA256.digest(Array(bytes)))
  }

  /// A running text: one sample.
  private static func text(_ bytes: Data, path: String) throws(DataError) -> EvaluationData {
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw .notUTF8(file: path)
    }
    guard !text.allSatisfy(\.isWhitespace) else { throw .noItems(file: path) }
    return EvaluationData(
      path: path, form: .text,
      samples: [EvaluationSample(index: 0, id: "0", image: nil, question: text, answer: "")],
      problems: [], digest: SHA256.digest(Array(bytes)))
  }

  /// Whether a text is in UTF-16: by its byte-order mark, or by the zero beside its first character,
  /// which in JSON is an ASCII one.
  private static func hasWideCharacters(_ bytes: Data) -> Bool {
    let first = Array(bytes.prefix(2))
    return first == [0xFF, 0xFE] || first == [0xFE, 0xFF] || first.count { $0 == 0 } == 1
  }

  private static func contents(of path: String) throws(DataError) -> Data {
    do {
      return try InputFile.contents(of: UserFolders().expanded(path))
    } catch {
      throw .unreadable(file: path, reason: error.reason)
    }
  }
}

extension EvaluationData {
  /// Everything that any picture of the whole data set shows.
  var objectNames: ObjectNames { ObjectNames(samples.flatMap { $0.objects ?? [] }) }

  /// The samples of a run, in all its shards.
  public func samples(of run: RunDescription) -> ArraySlice<EvaluationSample> {
    samples.dropFirst(run.skipped ?? 0).prefix(run.samples)
  }
}
