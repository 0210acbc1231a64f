import Foundation
import KVCache
import TestSupport
import Testing

@testable import Inference

/// End to end against values computed with independent implementations.
@Suite struct EngineOracleTests {
  static let layouts = [
    "tiny-mha/hf", "tiny-mha/llava-v1.5-tiny-mha", "tiny-gqa/hf", "tiny-gqa/llava-v1.5-tiny-gqa",
    "tiny-gqa/gguf/tiny-gqa-f16.gguf",
  ]

  struct FullCache: Decodable {
    struct Sample: Decodable {
      let id: String
      let image: String
      let question: String
      let answer: String
      let prompt_ids: [Int]
      let answer_ids: [Int]
      let nll: [Double]
      let greedy: [Int]
      let greedy_margins: [Double]
      let ppl: Double
      let ppl_padded_vocab: Double
    }
    let samples: [Sample]
  }

  struct Continuation: Decodable {
    let nll: [Double]
    let greedy: [Int]
    let greedy_min_margin: Double
    let final_lens: [Int]
  }

  /// One sample at one forgotten share; `kept` has one list a layer, or one for all layers.
  struct Compressed: Decodable {
    let kept: Kept
    let kept_same_in_f64: Bool?
    let min_gap: Double?
    let threshold: Double?
    let search_stable: Bool?
    let cache: Continuation
    let `true`: Continuation

    /// Whether rounding cannot have decided what is kept.
    var isDecided: Bool {
      (kept_same_in_f64 ?? true) && (min_gap ?? 1) > 1e-5 && (search_stable ?? true)
    }

    enum Kept: Decodable {
      case perLayer([[Int]])
      case shared([Int])

      init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let lists = try? container.decode([[Int]].self) {
          self = .perLayer(lists)
        } else {
          self = .shared(try container.decode([Int].self))
        }
      }

      func lists(_ layers: Int) -> [[Int]] {
        switch self {
        case .perLayer(let lists): lists
        case .shared(let list): Array(repeating: list, count: layers)
        }
      }
    }
  }

  struct CompressedFile: Decodable {
    let samples: [String: [String: Compressed]]
  }

  static func golden(_ layout: String) -> String {
    "golden/" + layout.prefix { $0 != "/" }
  }

  static func trace(
    _ model: LlavaModel, _ sample: FullCache.Sample, _ continuation: PromptTrace.Continuation
  ) throws -> PromptTrace {
    let pixels = try ImageFile.load(
      path: Oracle.path("images/\(sample.image)"), reading: .asReference())
    let question = sample.question
    return try PromptTrace(
      model: model, pixels: pixels,
      question: question.replacingOccurrences(of: "<image>", with: "")
        .trimmingCharacters(in: .newlines),
      options: PromptTrace.Options(
        template: Templates.named("llava_v1"),
        placement: question.hasSuffix("<image>") ? .last : .first,
        policy: RetentionPolicies.named("full"), budget: .share(1), continuation: continuation))
  }

  static func model(_ layout: String, matrixType: ElementType = .f32) throws -> LlavaModel {
    let path = try ModelLocator.resolve(Oracle.path("models/\(layout)"))
    return try LlavaModel(
      WeightFormats.open(path), options: LoadOptions(matrixType: matrixType, threads: 2))
  }

  @Test("full cache equals the oracle", arguments: layouts)
  func fullCacheEqualsTheOracle(layout: String) throws {
    let model = try Self.model(layout)
    let golden = Self.golden(layout)
    let full = try Oracle.decode(FullCache.self, from: "\(golden)/full_cache.json")
    let language = try GoldenArrays("\(golden)/lm.safetensors")
    let vision = try GoldenArrays("\(golden)/vision.safetensors")
    for sample in full.samples {
      let trace = try Self.trace(
        model, sample, .answer(sample.answer))
      #expect(trace.ids == sample.prompt_ids)
      let picture = sample.image.prefix { $0 != "." }
      expectClose(
        trace.image!.tiles[0].features.values, try vision.floats("\(picture).pad.features"),
        absolute: 1e-4, "\(sample.id) features")
      expectClose(
        trace.image!.values, try vision.floats("\(picture).pad.projected"), absolute: 1e-4,
        "\(sample.id) projected")
      let logits = try language.floats("\(sample.id).last_logits")
      expectClose(
        Array(trace.logits.prefix(logits.count)), logits, absolute: 1e-3, "\(sample.id) logits")
      let scores = try language.floats("\(sample.id).scores")
      #expect(trace.scores.joined().count == scores.count)
      let relative = zip(trace.scores.flatMap(\.self), scores).map { abs($0 - $1) / max($1, 1e-3) }
      #expect(relative.allSatisfy { $0 < 1e-4 }, "\(sample.id) scores")
      // Checkpoints in the HF layout have rows for tokens that no tokenizer makes; they take part.
      let isPadded = trace.logits.count > logits.count
      let mean = trace.negativeLogLikelihoods.reduce(0, +) / Double(sample.nll.count)
      let perplexity = isPadded ? sample.ppl_padded_vocab : sample.ppl
      #expect(abs(exp(mean) / perplexity - 1) < 1e-3, "\(sample.id) perplexity")
      if !isPadded {
        expectClose(
          trace.negativeLogLikelihoods.map(Float.init), sample.nll.map(Float.init),
          absolute: 1e-3, "\(sample.id) nll")
      }
    }
  }

  /// Integer products round their inputs, to 8 bits or in tile registers to bf16; the same file in f32
  /// equals the oracle to 1e-5.
  @Test(arguments: [
    ("tiny-mha/gguf/tiny-mha-q8_0.gguf", (inBytes: Float(0.1), inTiles: Float(0.06))),
    ("tiny-gqa/gguf/tiny-gqa-q8_0.gguf", (inBytes: 0.14, inTiles: 0.07)),
    ("tiny-mha/gguf/tiny-mha-q4_0.gguf", (inBytes: 0.15, inTiles: 0.06)),
  ])
  func integerProductsStayNearTheDequantisedWeights(
    layout: String, allowed: (inBytes: Float, inTiles: Float)
  ) throws {
    let checkpoint = try WeightFormats.open(
      Oracle.path("models/\(layout)"),
      options: CheckpointOptions(projector: Self.floatProjector(layout)))
    let full = try Oracle.decode(FullCache.self, from: "\(Self.golden(layout))/full_cache.json")
    let traces = try [ElementType.f32, nil].map { type in
      try Self.trace(
        LlavaModel(
          checkpoint, options: LoadOptions(matrixType: type, visionType: .f32, threads: 2)),
        full.samples[0], .greedy(1))
    }
    expectClose(
      traces[1].logits, traces[0].logits,
      absolute: InstructionSet.best == .amx ? allowed.inTiles : allowed.inBytes, layout)
    #expect(traces[1].logits != traces[0].logits)
  }

  /// The tests' copies hold the vision tower in other types; what counts here is the text model.
  private static func floatProjector(_ layout: String) -> String {
    let name = layout.prefix { $0 != "/" }
    let legacy = name == "tiny-mha" ? "-legacy" : ""
    return Oracle.path("models/\(name)/gguf/mmproj-\(name)-f16\(legacy).gguf")
  }

  @Test("greedy tokens of the full cache equal the oracle", arguments: layouts)
  func greedyTokensEqualTheOracle(layout: String) throws {
    let model = try Self.model(layout)
    let full = try Oracle.decode(
      FullCache.self, from: "\(Self.golden(layout))/full_cache.json")
    for sample in full.samples {
      let trace = try Self.trace(
        model, sample, .greedy(sample.greedy.count))
      let sure = sample.greedy_margins.firstIndex { $0 < 1e-3 } ?? sample.greedy.count
      #expect(trace.greedy.prefix(sure) == sample.greedy.prefix(sure), "\(sample.id)")
    }
  }

  static let policies = [
    ("prefixkv", "prefixkv_online"), ("local", "local"), ("h2o-reference", "h2o"),
    ("elastic-reference", "elastic"),
  ]

  static let originals = ["tiny-mha/llava-v1.5-tiny-mha", "tiny-gqa/llava-v1.5-tiny-gqa"]

  @Test("compressed cache equals the reference", arguments: originals)
  func compressedCacheEqualsTheReference(layout: String) throws {
    try compareCompressedCache(layout, samples: 1, forgotten: ["0.2", "0.7"])
  }

  @Test(
    "compressed cache equals the reference for every sample and budget", .slow, arguments: originals
  )
  func everyCompressedCacheEqualsTheReference(layout: String) throws {
    try compareCompressedCache(layout)
  }

  /// One prefill for all policies, budgets and position rules of a sample, as evaluation does it.
  private func compareCompressedCache(
    _ layout: String, samples: Int = .max, forgotten: Set<String>? = nil
  ) throws {
    var compared = 0
    defer { #expect(compared > 0) }
    let model = try Self.model(layout)
    let golden = Self.golden(layout)
    let full = try Oracle.decode(FullCache.self, from: "\(golden)/full_cache.json")
    let files = try Self.policies.map {
      (
        try RetentionPolicies.named($0.0),
        try Oracle.decode(CompressedFile.self, from: "\(golden)/\($0.1).json")
      )
    }
    for sample in full.samples.prefix(samples) {
      let prefill = try Self.prefill(model, sample)
      for (policy, file) in files {
        for (ratio, expected) in file.samples[sample.id]!
        where expected.isDecided && forgotten?.contains(ratio) != false {
          compared += 1
          for (rule, continuation) in [
            (PositionRule.reference, expected.cache), (.true, expected.true),
          ] {
            let what = "\(policy.name) \(sample.id) forgetting \(ratio), \(rule) positions"
            func session() throws -> InferenceSession {
              try prefill.session.fork(
                policy: policy, budget: .share(1 - Double(ratio)!), positionRule: rule)
            }
            let forced = try session()
            let layers = forced.cache.shape.layers
            #expect(
              (0..<layers).map { forced.cache.positions($0).map(Int.init) }
                == expected.kept.lists(layers), "\(what): kept")
            let terms = try forced.negativeLogLikelihoods(
              of: sample.answer_ids, after: prefill.logits)
            expectClose(
              terms.map(Float.init), continuation.nll.map(Float.init), absolute: 1e-3,
              "\(what): nll")
            #expect(
              (0..<layers).map(forced.cache.length) == continuation.final_lens,
              "\(what): final lengths")
            guard continuation.greedy_min_margin > 1e-3 else { continue }
            #expect(
              try session().greedy(steps: continuation.greedy.count, after: prefill.logits)
                == continuation.greedy, "\(what): greedy")
          }
        }
      }
    }
  }

  private static func prefill(
    _ model: LlavaModel, _ sample: FullCache.Sample
  ) throws -> (session: InferenceSession, logits: [Float]) {
    let pixels = try ImageFile.load(
      path: Oracle.path("images/\(sample.image)"), reading: .asReference())
    let image = try model.embed(pixels, route: .pad)
    let prompt = Conversation(
      template: try Templates.named("llava_v1"), turns: [Turn(marked: sample.question)]
    ).prompt(model.tokenizer)
    let session = try model.session(
      SessionOptions(
        policy: RetentionPolicies.named("full"), cachePrecision: .f32, recording: [.importance]))
    return (session, try session.prefill(prompt, image: image).logits)
  }
}
