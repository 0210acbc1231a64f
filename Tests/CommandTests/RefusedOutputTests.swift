import Foundation
import TestSupport
import Testing

/// Paths that nothing is written to: those of inputs, and those that no file can be at.
@Suite struct RefusedOutputTests {
  /// What is written takes the place of what was there: an input would be gone, with status 0.
  @Test(
    "no output replaces what the command reads",
    arguments: [
      ("inspect GGUF -o GGUF", "the model"), ("inspect MODEL -o MODEL/config.json", "the model"),
      ("trace Hm? --steps 1 --model MODEL -o MODEL/model.safetensors", "the model"),
      ("trace Hm? --steps 1 --image PICTURE --model MODEL -o PICTURE", "the picture"),
      ("ask Hm? --max-tokens 1 --image PICTURE --model MODEL -o PICTURE", "the picture"),
      ("ask Hm? --max-tokens 1 --model MODEL -o LINK", "the model"),
      ("ask Hm? --model MODEL --policy prefixkv:TEXT -o TEXT", "the configuration"),
      ("trace Hm? --model MODEL --policy prefixkv:TEXT -o TEXT", "the configuration"),
      ("ask Hm? --model MODEL --policy prefixkv:CONFS -o CONF", "the configuration"),
      ("ask Hm? --model MODEL --compare prefixkv:CONF,local,50% -o CONF", "the configuration"),
      ("bench --model GGUF -o GGUF", "the model"), ("bench --model GGUF --plot PLOT", "the model"),
      ("convert GGUF -o GGUF", "the model"),
      ("eval ppl --data TEXT --model MODEL -o FOLDER/text.jsonl", "the data set"),
      ("eval reference --data DATA --model MODEL --references DATA -o NEW", "the data set"),
      (
        "eval reference --data ITEMS --model MODEL -o NEW --references PICTURE",
        "a picture of the data set"
      ),
      ("eval ppl --data ITEMS --model MODEL -o FOLDER/p.jpg.jsonl", "a picture of the data set"),
      ("eval ppl --data DATA --shard 1/2 --model MODEL -o DATA", "the data set"),
      ("eval ppl --data DATA --resume --model MODEL -o DATA", "the data set"),
      ("eval ppl --data DATA --resume --model MODEL -o MODEL/config.json", "the model"),
      ("eval merge RESULTS -o RESULTS", "a part of the results"),
    ])
  func inputsAreNotReplaced(command: String, what: String) throws {
    try withFolder { folder in
      let files = FileManager.default
      try files.copyItem(atPath: Sample.model, toPath: folder + "/model")
      for (name, source) in [
        ("m.gguf", Sample.models + "/tiny-mha/gguf/tiny-mha-q8_0.gguf"), ("p.jpg", Sample.picture),
        ("data.json", Sample.oracle + "/data/detail_tiny.json"),
      ] {
        try files.copyItem(atPath: source, toPath: folder + "/" + name)
      }
      try Sample.write(OutputTests.results, to: folder + "/r.jsonl")
      try Sample.write("A text of some words.\n", to: folder + "/text.txt")
      try files.createSymbolicLink(
        atPath: folder + "/link", withDestinationPath: "model/config.json")
      try files.createSymbolicLink(atPath: folder + "/plot.svg", withDestinationPath: "m.gguf")
      try Sample.write(
        #"[{"image": "p.jpg", "question": "<image>\\nHm?", "answer": "x"}]"#,
        to: folder + "/items.json")
      // A summary is written beside its results.
      try files.createSymbolicLink(atPath: folder + "/p.jpg.txt", withDestinationPath: "p.jpg")
      try files.createDirectory(atPath: folder + "/confs", withIntermediateDirectories: true)
      try Sample.write("[0.5, 0.5]", to: folder + "/confs/prefixkv_m_0.5.json")
      let names = [
        ("CONFS", "/confs"), ("CONF", "/confs/prefixkv_m_0.5.json"), ("ITEMS", "/items.json"),
        ("GGUF", "/m.gguf"), ("MODEL", "/model"), ("PICTURE", "/p.jpg"), ("LINK", "/link"),
        ("PLOT", "/plot.svg"), ("TEXT", "/text.txt"), ("DATA", "/data.json"), ("NEW", "/new.jsonl"),
        ("RESULTS", "/r.jsonl"), ("FOLDER", ""),
      ]
      let before = try contents(of: folder)
      let outcome = try Program.run(
        command.split(separator: " ").map { word in
          names.reduce(String(word)) { $0.replacing($1.0, with: folder + $1.1) }
        })
      #expect(outcome.status == 73, "\(outcome.errors)")
      #expect(outcome.errors.contains("cannot be created: \(what) is being read from it."))
      #expect(try contents(of: folder) == before)
    }
  }

  /// The bytes of every file in a folder, by name.
  private func contents(of folder: String) throws -> [String: Data] {
    var contents: [String: Data] = [:]
    for name in try FileManager.default.subpathsOfDirectory(atPath: folder) {
      contents[name] = FileManager.default.contents(atPath: folder + "/" + name)
    }
    return contents
  }

  @Test func pathsThatNothingCanBeAtEndWith73() throws {
    try withFolder { folder in
      try FileManager.default.createSymbolicLink(
        atPath: folder + "/loop", withDestinationPath: "loop")
      for path in [folder + "/loop", folder + "/" + String(repeating: "a", count: 300)] {
        let outcome = try Program.run(["inspect", Sample.model, "-o", path])
        #expect(outcome.status == 73, "\(outcome.errors)")
        #expect(outcome.lines.count == 1 && outcome.errors.contains("cannot be created"))
      }
      let names = try FileManager.default.contentsOfDirectory(atPath: folder)
      #expect(names == ["loop"])
    }
  }

  @Test func whatIsNotThereIsToldBeforeWhatIsInTheWay() throws {
    try withFolder { folder in
      try Sample.write("{}\n", to: folder + "/r.jsonl")
      let outcome = try Program.run(
        ["eval", "table", "--data", folder + "/nope.json", "-o", folder + "/r.jsonl"])
      #expect(outcome.status == 66, "\(outcome.errors)")
      #expect(outcome.errors.contains("nope.json"), "\(outcome.errors)")
    }
  }

  @Test func aResultFileThatCannotBeIsRefusedInTheSameWords() throws {
    try withFolder { folder in
      let pipe = folder + "/pipe"
      #expect(mkfifo(pipe, 0o600) == 0)
      let eval = [
        "eval", "ppl", "--data", Sample.oracle + "/data/detail_tiny.json", "--images",
        Sample.oracle, "--model", Sample.model,
      ]
      var sentences: Set<String> = []
      for more in [[], ["--resume"]] {
        let outcome = try Program.run(eval + ["-o", pipe] + more)
        #expect(outcome.status == 73, "\(outcome.errors)")
        sentences.insert(outcome.errors)
        for path in [folder, folder + "/none/r.jsonl"] {
          let outcome = try Program.run(eval + ["-o", path] + more)
          #expect(outcome.status == 73, "\(outcome.errors)")
          #expect(!outcome.errors.contains("--resume"), "\(outcome.errors)")
        }
      }
      #expect(sentences.count == 1 && sentences.first?.contains("must be a regular file") == true)
    }
  }
}
