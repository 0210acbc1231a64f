import Foundation
import KVCache
import TestSupport
import Testing

@testable import Inference

@Suite struct BenchTests {
  /// What is measured depends on the machine; that it is measured, and against what, does not.
  @Test(.slow) func everyStageIsMeasuredAgainstItsLimit() throws {
    var notes: [String] = []
    var options = ModelBench.Options()
    options.prefillLengths = [16]
    options.depths = [0, 64]
    options.budgets = [1, 0.5]
    options.batch = 2
    options.batchDepth = 32
    options.seconds = 0
    options.replay = "A red circle, a red square, a red circle, a red square.\n\nA red circle."
    let (model, load) = try BenchReport.Load.measure {
      try LlavaModel(
        SyntheticCheckpoint.make(shape: "tiny", type: .q8_0), options: LoadOptions(threads: 2))
    }
    let report = try ModelBench(model: model, options: options, load: load) { notes.append($0) }
      .run()

    let hasTiles = InstructionSet.best == .amx
    let limits = [
      "vision": hasTiles ? "bf16 tiles" : "f32 multiply-add",
      "prefill": hasTiles ? "bf16 tiles" : "int8 products", "decode": "read bandwidth",
    ]
    #expect(Set(report.figures.map(\.stage)).isSuperset(of: limits.keys))
    for figure in report.figures {
      #expect(figure.value > 0, "\(figure.stage)")
      #expect(figure.limit == limits[figure.stage], "\(figure.stage)")
      #expect((figure.fraction != nil) == (limits[figure.stage] != nil), "\(figure.stage)")
    }
    #expect(
      report.figures.filter { $0.stage == "decode" }.map(\.setting) == [
        "depth 0", "depth 64", "depth 64, budget 20 %", "batch 2, depth 32, budget 100 %",
        "batch 2, depth 32, budget 20 %",
      ])
    // One token at a time and looking ahead, at both depths.
    let replayed = report.figures.filter { $0.stage == "replay" }.map(\.setting)
    #expect(replayed.count == 4)
    #expect(replayed.first?.hasPrefix("depth 0, 2 answers, ") == true)
    #expect(replayed[1].hasPrefix("ahead: "))
    #expect(report.memory.map(\.budget) == [1, 0.5])
    #expect(report.memory[0].bytesKept == report.memory[0].bytesFull)
    #expect(
      abs(Double(report.memory[1].bytesKept) / Double(report.memory[1].bytesFull) - 0.5) < 0.02)
    #expect(report.loadSentence?.hasPrefix("loaded in ") == true)
    #expect(load.weightBytes == model.weightBytes)
    #expect(notes.contains("decode at depth 64"))
    let copy = try JSONDecoder().decode(BenchReport.self, from: JSONEncoder().encode(report))
    #expect(copy.table.text == report.table.text)
  }

  @Test(.slow) func whatSeeingCompressionCostsIsMeasuredBesideWhatItIsComparedTo() throws {
    var options = ModelBench.Options()
    options.prefillLengths = []
    options.depths = []
    options.sideBySideDepth = 48
    options.seconds = 0
    let model = try LlavaModel(
      SyntheticCheckpoint.make(shape: "tiny", type: .q8_0), options: LoadOptions(threads: 2))
    let report = try ModelBench(model: model, options: options) { _ in }.run()
    let setting = "depth 48, budget 20 %"
    let several = "fed \(FullCacheTwin.feeding(on: model).tokens) tokens at a time"
    #expect(
      report.figures.filter { $0.stage == "twin" }.map(\.setting) == [
        "\(setting), without one", "\(setting), fed 1 token at a time",
        "fed 1 token at a time, slows the answer down by", "\(setting), without one",
        "\(setting), \(several)", "\(several), slows the answer down by",
      ])
    let compared = report.figures.filter { $0.stage == "compare" }
    #expect(compared.map(\.unit) == ["tok/s", "tok/s", "x", "x"])
    for figure in report.figures where figure.unit == "tok/s" {
      #expect(figure.value > 0 && figure.limit == "read bandwidth", "\(figure.setting)")
    }
    #expect(abs(compared[2].value - compared[0].value / compared[1].value) < 0.01)
    #expect(compared[3].value < compared[2].value)
  }

  @Test func theVisionTowerStaysAtEightBitsBesideFourBitText() throws {
    #expect(LoadOptions(matrixType: .q4_0).visionType == .q8_0)
    #expect(LoadOptions(matrixType: .f16).visionType == .f16)
    #expect(LoadOptions(matrixType: .q4_0, visionType: .f16).visionType == .f16)
    #expect(LoadOptions().visionType == nil)
  }

  @Test func aSyntheticModelHasAsManyLayersAsAskedFor() throws {
    let whole = try SyntheticCheckpoint.make(shape: "tiny", type: .q4_0)
    let shallow = try SyntheticCheckpoint.make(shape: "tiny", type: .q4_0, layers: 3)
    #expect(shallow.configuration.text.layers == 3)
    #expect(shallow.name == "tiny-3-layers")
    let perLayer = (whole.tensors.count - shallow.tensors.count) / (8 - 3)
    #expect(perLayer == 9)  // q, k, v, o, gate, up, down and two norms
  }

  /// llama.cpp refuses a vocabulary whose byte pieces have no names.
  @Test func aSyntheticModelSurvivesConversion() throws {
    let temporary = try TemporaryFolder()
    let folder = temporary.path
    let checkpoint = try SyntheticCheckpoint.make(shape: "tiny", type: .q4_0)
    let files = try GGUFConversion.write(
      checkpoint, type: .q4_0, to: folder + "/tiny.gguf", pool: ThreadPool(threads: 2))
    let read = try WeightFormats.open(files.text)
    #expect(read.configuration.text == checkpoint.configuration.text)
    let file = try GGUFFile(path: files.text)
    #expect(try file.text("tokenizer.chat_template") == checkpoint.template.chatTemplate)
    #expect(
      try read.tensor(.textBlock(0, .gate)).floats()
        == checkpoint.tensor(.textBlock(0, .gate)).floats())
  }
}
