import Foundation
import KVCache
import TestSupport
import Testing

@testable import Evaluation

/// Which things an answer names, and which of them its picture does not show.
@Suite struct ObjectNamesTests {
  private let names = ObjectNames([
    "red star", "blue box", "red star fish", "Fish", "green circle", "",
  ])

  @Test func thingsThatThePictureDoesNotShowAreAbsent() {
    let count = names.count(
      in: "The picture shows a red star, a green circle and a blue box.</s>",
      showing: ["red star", "green circle", "fish"])
    #expect(count == ObjectCount(named: 3, absent: 1, pictured: 3))
  }

  @Test func aThingCountsOnceHoweverOftenItIsNamed() {
    let count = names.count(in: "A RED star, two red stars, a red star.", showing: ["red star"])
    #expect(count == ObjectCount(named: 1, absent: 0, pictured: 1))
  }

  @Test func pluralsAreTheirSingularsAndPartsOfWordsAreNothing() {
    let text = "Blue boxes, fish, a red starling, infrared star, red."
    #expect(
      names.count(in: text, showing: []) == ObjectCount(named: 2, absent: 2, pictured: 0))
  }

  @Test func ofTwoNamesTheLongerCounts() {
    let count = names.count(in: "a red star fish", showing: ["red star fish"])
    #expect(count == ObjectCount(named: 1, absent: 0, pictured: 1))
  }

  @Test func namesThatNoPictureHasAreNothing() {
    #expect(
      names.count(in: "a purple cow", showing: ["fish", "fish"])
        == ObjectCount(named: 0, absent: 0, pictured: 1))
  }

  @Test func sharesAreOverAllAnswers() {
    let counts = [
      ObjectCount(named: 3, absent: 1, pictured: 4), ObjectCount(named: 1, absent: 1, pictured: 1),
    ]
    #expect(ObjectCount.hallucinated(counts) == 0.5)
    #expect(ObjectCount.covered(counts) == 0.4)
    #expect(ObjectCount.hallucinated([ObjectCount(named: 0, absent: 0, pictured: 2)]) == nil)
    #expect(ObjectCount.covered([ObjectCount(named: 1, absent: 1, pictured: 0)]) == nil)
  }

  @Test func objectsAreReadFromTheDataSet() throws {
    let text = """
      [{"image": "a", "question": "q", "answer": "x", "objects": ["red star", "fish"]},
       {"image": "a", "question": "q", "answer": "x", "objects": []},
       {"image": "a", "question": "q", "answer": "x"},
       {"image": "a", "question": "q", "answer": "x", "objects": "fish"},
       {"image": "a", "question": "q", "answer": "x", "objects": [1]}]
      """
    try withFile(Array(text.utf8)) { path in
      let data = try EvaluationData.read(path: path)
      #expect(data.samples.map(\.objects) == [["red star", "fish"], [], nil])
      #expect(data.problems.map(\.index) == [3, 4])
      #expect(data.problems.allSatisfy { $0.description.contains("objects") })
      let count = data.objectNames.count(in: "A fish.", showing: [])
      #expect(count == ObjectCount(named: 1, absent: 1, pictured: 0))
    }
  }

  @Test func summariesHaveBothShares() {
    func record(_ index: Int, _ objects: ObjectCount?) -> EvaluationRecord {
      EvaluationRecord(
        index: index, id: "\(index)", policy: "local", budget: .share(0.5), answer: "a",
        objects: objects, promptTokens: 10, keptLengths: [4], cacheBytes: 1, fullBytes: 2,
        seconds: 0, prefillSeconds: 0)
    }
    let line = RunDescription.Line(policy: "local", kvType: nil)
    let some = SummaryRow(
      line, .share(0.5), nil,
      [
        record(0, ObjectCount(named: 2, absent: 0, pictured: 2)),
        record(1, ObjectCount(named: 2, absent: 1, pictured: 4)), record(2, nil),
      ])
    #expect(some.hallucinated?.value == 0.25 && some.hallucinated?.interval == 0...0.5)
    #expect(some.covered?.value == 0.5)
    let none = SummaryRow(line, .share(0.5), nil, [record(0, nil)])
    #expect(none.hallucinated == nil && none.covered == nil)
  }

  /// The bundled descriptions name everything that is in their pictures, and nothing else.
  @Test func theBundledDescriptionsAreWithoutFault() throws {
    let data = try EvaluationData.read(
      path: Oracle.repository + "/assets/eval/detail_1k.json")
    let described = data.samples.filter { $0.objects != nil }
    #expect(described.count == 500)
    let counts = described.map {
      data.objectNames.count(in: $0.answer, showing: $0.objects ?? [])
    }
    #expect(counts.allSatisfy { $0.absent == 0 && $0.named == $0.pictured })
    #expect(counts.reduce(0) { $0 + $1.named } == 1401)
  }
}
