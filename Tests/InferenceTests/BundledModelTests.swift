import Foundation
import KVCache
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

  static let assets = Oracle.repository.appendingPathComponent("assets").path

  static func pictures() throws -> [Picture] {
    let file = URL(fileURLWithPath: assets + "/pictures/questions.json")
    return try JSONDecoder().decode([Picture].self, from: Data(contentsOf: file))
  }

  /// Asks every question of the demonstration in a conversation of its own, and collects what is not exact.
  static func answer(budget: Double) throws -> (asked: Int, wrong: [String]) {
    let path = try ModelLocator.resolve(nil, environment: ["PREFIXKV_ASSETS": assets])
    let model = try LlavaModel(WeightFormats.open(path), options: LoadOptions(threads: 2))
    let options = ChatOptions(
      policy: try RetentionPolicies.named("prefixkv"), budget: .share(budget),
      sampling: SamplingOptions(maximumTokens: 260))
    var asked = 0
    var wrong: [String] = []
    for picture in try pictures() {
      let pixels = try ImageFile.load(
        path: assets + "/pictures/" + picture.image, applyOrientation: true)
      let image = try model.embed(pixels, route: .pad)
      for question in picture.questions {
        let chat = try ChatSession(model: model, options: options)
        try chat.begin(image: image)
        let listener = Listener()
        _ = try chat.ask(question.question, observer: listener)
        asked += 1
        if !Rouge.isExactMatch(prediction: listener.text, reference: question.answer) {
          wrong.append("\(picture.image): \(question.question) \(listener.text)")
        }
      }
    }
    return (asked, wrong)
  }

  @Test func answersEveryQuestionOfTheDemonstration() throws {
    let (asked, wrong) = try Self.answer(budget: 1)
    #expect(asked >= 40)
    #expect(wrong.isEmpty, "\(wrong.joined(separator: "\n"))")
  }

  @Test func smallerCacheLosesAnswersAndNotAll() throws {
    let (asked, wrong) = try Self.answer(budget: 0.3)
    #expect(wrong.count >= 5)
    #expect(wrong.count < asked)
  }
}
