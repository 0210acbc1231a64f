import Foundation
import KVCache
import TestSupport
import Testing

@testable import Evaluation
@testable import Inference

/// The model in assets/model on the pictures in assets/pictures: what the README shows is true.
@Suite struct BundledModelTests {
  struct Picture: Decodable {
    struct Question: Decodable {
      let question: String
      let answer: String
    }
    let image: String
    let questions: [Question]
  }

  static let assets = Oracle.repository + "/assets"

  static func pictures() throws -> [Picture] {
    let file = URL(fileURLWithPath: assets + "/pictures/questions.json")
    return try JSONDecoder().decode([Picture].self, from: Data(contentsOf: file))
  }

  /// What became of the questions that were asked.
  struct Outcome {
    var asked = 0
    var wrong: [String] = []
    /// The share of entries that the cache held at the end of each answer.
    var shares: [Double] = []
  }

  /// Asks questions of the demonstration, each in a conversation of its own.
  static func ask(
    budget: Double, pictures: Int = .max, questions: Int = .max
  ) throws -> Outcome {
    let path = try ModelLocator.resolve(nil, environment: ["PREFIXKV_ASSETS": assets]).path
    let model = try LlavaModel(WeightFormats.open(path), options: LoadOptions(threads: 2))
    let options = ChatOptions(
      policy: try RetentionPolicies.named("prefixkv"), budget: .share(budget),
      sampling: SamplingOptions(maximumTokens: 260))
    var outcome = Outcome()
    for picture in try self.pictures().prefix(pictures) {
      let pixels = try ImageFile.load(
        path: assets + "/pictures/" + picture.image, reading: .asSeen)
      let image = try model.embed(pixels, route: .pad)
      for question in picture.questions.prefix(questions) {
        let chat = try ChatSession(model: model, options: options)
        try chat.begin(image: image)
        let listener = Listener()
        _ = try chat.ask(question.question, observer: listener)
        outcome.asked += 1
        let snapshot = chat.snapshot
        outcome.shares.append(Double(snapshot.bytesKept) / Double(snapshot.bytesFull))
        if !Rouge.isExactMatch(prediction: listener.text, reference: question.answer) {
          outcome.wrong.append("\(picture.image): \(question.question) \(listener.text)")
        }
      }
    }
    return outcome
  }

  @Test func answersTheFirstQuestionsOfTheDemonstration() throws {
    let outcome = try Self.ask(budget: 1, pictures: 2, questions: 2)
    #expect(outcome.asked == 4)
    #expect(outcome.wrong == [])
  }

  @Test(.slow) func answersEveryQuestionOfTheDemonstration() throws {
    let outcome = try Self.ask(budget: 1)
    #expect(outcome.asked == 51)
    #expect(outcome.wrong == [])
  }

  /// How many answers survive (9 of 51 with plain PrefixKV) may grow with a better policy.
  @Test(.slow) func someAnswersSurviveASmallCache() throws {
    let outcome = try Self.ask(budget: 0.3)
    #expect(outcome.asked == 51)
    #expect(outcome.wrong.count < outcome.asked, "\(outcome.wrong.joined(separator: "\n"))")
    #expect(outcome.shares.allSatisfy { abs($0 - 0.3) < 0.04 }, "\(outcome.shares)")
  }
}
