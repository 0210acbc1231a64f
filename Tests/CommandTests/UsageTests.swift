import Basics
import TestSupport
import Testing

/// Mistakes on the command line and in the environment.
@Suite struct UsageTests {
  @Test(
    "a mistake is one sentence and 64",
    arguments: [
      (["ask", "--nope"], "--nope"),
      (["trace"], "question"),
      (["nonsense", "--image", "x"], "nonsense"),
      (["ask", "Hm?", "--image", "a.png", "--image", "b.png"], "one picture"),
      (["chat", "--image", "a.png", "--image=b.png"], "--image is given 2 times"),
      (["--image", "a.png", "--image", "b.png"], "--image is given 2 times"),
      (["trace", "Hm?", "-o", "a", "--image", "a", "--image", "b"], "--image is given 2 times"),
      (["ask", "Hm?", "--model", "a", "--model", "b"], "--model is given 2 times"),
      (["ask", "Hm?", "--policy", "full", "--policy", "local"], "--policy is given 2 times"),
      (["ask", "Hm?", "-o", "a", "--output", "b"], "--output is given 2 times"),
      (["eval", "ppl", "--data", "a", "--data", "b"], "--data is given 2 times"),
      (["ask", "--image", "-"], "Standard input holds the picture"),
      (["ask", ""], "question is empty"),
      (["demo"], "The panels cannot be shown, because standard input is not a terminal"),
      (["ask", " \n "], "question is empty"),
      (["trace", "", "-o", "x"], "question is empty"),
      (["ask", "Hm?", "--compare", ""], "--compare is empty"),
      (["ask", "Hm?", "--compare", ","], "',' is not understood"),
      (["ask", "Hm?", "--compare", "full snapkv at"], "'full snapkv at' is not understood"),
      (["ask", "Hm?", "--budget", "0tok"], "'0tok' keeps nothing"),
      (["ask", "Hm?", "--budget", "9223372036854775807MiB"], "'9223372036854775807MiB' is more"),
      (["ask", "Hm?", "--budget", "3"], "outside (0, 1]"),
      (["ask", "Hm?", "--budget", "25"], "Did you mean 25%?"),
      (["ask", "Hm?", "--budget", "-5%"], "Budget -5% is outside (0, 1]"),
      (["ask", "Hm?", "--temperature", "-1"], "temperature of -1"),
      (["--top-p", "-.5"], "-0.5"),
      (["ask", "Hm?", "--system", "-Be brief."], "is written as '--system=-Be brief.'."),
      (["ask", "Hm?", "--quantize", "u8"], "u8"),
      (["chat", "--resume", "--image", "a.png"], "its own picture, and --image begins a new one"),
      (["--resume", "2", "--model", "a"], "its own model, and --model begins a new one"),
      (["chat", "--tiles=2", "--resume"], "--tiles begins a new one"),
      (["chat", "--resume", "--system", "Hm."], "--system begins a new one"),
      (["ask", "Hm?", "--picture-tokens", "0"], "'0' is no number of picture tokens"),
      (["chat", "--picture-tokens=-3"], "'-3' is no number of picture tokens"),
      (["trace", "Hm?", "-o", "x", "--picture-tokens", "many"], "'many' is no number"),
      (
        ["ask", "Hm?", "--picture-tokens", "9223372036854775808"], "is no number of picture tokens"
      ),
      (["eval", "ppl", "--data", "x", "--picture-tokens", "best:9"], "no method 'best'"),
      (["ask", "Hm?", "--picture-tokens", "145"], "at most 144"),
      (["bench", "--picture-tokens", "64"], "--picture-tokens needs --picture"),
      (["ask", "Hm?", "--max-tokens", "9223372036854775808"], "--max-tokens"),
      (["ask", "Hm?", "--threads", "9223372036854775807"], "outside 1...1024"),
      (
        ["eval", "ppl", "--data", "x", "--shard", "9223372036854775807/9223372036854775806"],
        "Shard"
      ),
      (["bench", "--depths", "0,9223372036854775807"], "from 0 to 1000000"),
      (["eval", "ppl", "--data", "x", "--shard", "1/0"], "Shard"),
      (["eval", "ppl", "--data", "x", "--budget", "0.9...0.1"], "downwards"),
    ])
  func mistake(arguments: [String], quoted: String) throws {
    let outcome = try Program.run(arguments)
    #expect(outcome.status == 64)
    #expect(outcome.output == "")
    #expect(outcome.lines.count == 1, "\(outcome.errors)")
    #expect(outcome.errors.hasPrefix("prefixkv: "))
    #expect(outcome.errors.contains(quoted), "\(outcome.errors)")
    #expect(outcome.errors.hasSuffix("\n") && !outcome.errors.contains("..\n"))
  }

  @Test(arguments: [
    ["SLURM_ARRAY_TASK_ID": "9223372036854775807", "SLURM_ARRAY_TASK_COUNT": "2"],
    [
      "SLURM_ARRAY_TASK_ID": "-9223372036854775808", "SLURM_ARRAY_TASK_COUNT": "2",
      "SLURM_ARRAY_TASK_MIN": "9223372036854775807",
    ],
    ["SLURM_PROCID": "9223372036854775807", "SLURM_NTASKS": "9223372036854775807"],
    ["PMI_RANK": "-9223372036854775808", "PMI_SIZE": "4"],
  ])
  func extremeTaskNumbersAreRefused(environment: [String: String]) throws {
    let outcome = try Program.run(
      [
        "eval", "ppl", "--data", Sample.oracle + "/data/detail_tiny.json", "--model", Sample.model,
      ], environment: environment)
    #expect(outcome.status == 64)
    #expect(outcome.lines.count == 1 && outcome.errors.contains("does not exist"))
  }

  @Test func onlyTypesThatWeightsCanBeMadeIntoAreOffered() throws {
    let help = try Program.run(["ask", "--help"]).output
    #expect(help.contains("q4_0") && !help.contains("u8") && !help.contains("f64"), "\(help)")
  }

  @Test func aMissingValueIsOnlyMissing() throws {
    for arguments in [["ask", "Hm?", "--system"], ["ask", "Hm?", "--system", "--json"]] {
      let outcome = try Program.run(arguments)
      #expect(outcome.status == 64 && outcome.errors.contains("Missing value"), "\(outcome.errors)")
      #expect(!outcome.errors.contains("minus sign"), "\(outcome.errors)")
    }
  }

  /// What stands behind `--`, behind a flag or as a text is left alone.
  @Test func onlyValuesOfOptionsAreJoined() throws {
    let outcome = try Program.run(["ask", "--json", "-5%", "--model", "/nowhere"])
    #expect(
      outcome.status == 64 && outcome.errors.contains("Unknown option '-5%'"), "\(outcome.errors)")
    let behind = try Program.run(["ask", "--model", "/nowhere", "--", "-5"])
    #expect(behind.status == 66, "\(behind.errors)")
  }

  /// A wrong name must not become a slow program without a word.
  @Test(arguments: ["avx9", "AVX2"])
  func unknownInstructionSetsAreRefused(name: String) throws {
    for arguments in [["ask", "Hm?", "--model", Sample.model], ["doctor"]] {
      let outcome = try Program.run(arguments, environment: ["CK_ISA": name])
      #expect(outcome.status == 64)
      #expect(outcome.lines.count == 1 && outcome.errors.contains("CK_ISA names \(name)"))
      #expect(outcome.errors.contains("portable"))
    }
  }

  @Test(arguments: [
    (["--layers", "2"], "--layers needs --synthetic"),
    (["--synthetic", "tiny", "--layers", "0"], "--layers 0 is below 1"),
  ])
  func layersBelongToRandomWeights(arguments: [String], reason: String) throws {
    for command in [["bench"], ["convert", "-o", "x.gguf"]] {
      let outcome = try Program.run(command + arguments)
      #expect(outcome.status == 64 && outcome.errors.contains(reason), "\(outcome.errors)")
    }
  }

  /// With the variables of options that each command has.
  @Test(arguments: [
    (["chat", "--plain"], ["THREADS", "BUDGET", "PACE"]),
    (["ask", "Hm?"], ["THREADS", "BUDGET", "PACE", "TEMPERATURE"]),
    (["trace", "Hm?", "-o", "/nowhere/t"], ["THREADS", "BUDGET", "KV_TYPE"]),
    (["bench"], ["THREADS", "KV_TYPE", "PICTURE_TOKENS"]),
    (["convert", "-o", "/nowhere/m.gguf"], ["THREADS"]),
    (["demo"], ["PACE", "THEME"]),
    (["profile", "--data", "/nowhere", "-o", "/nowhere"], ["THREADS", "BUDGET"]),
    (["eval", "ppl", "--data", "/nowhere"], ["THREADS", "BUDGET", "POLICY", "TILES"]),
    (["eval", "table", "--data", "/nowhere"], ["THREADS", "MAX_TOKENS"]),
  ])
  func variablesThatAreNoValuesAreRefusedAsOptionsAre(
    command: [String], variables: [String]
  ) throws {
    for name in variables {
      let variable = "PREFIXKV_" + name
      let outcome = try Program.run(command, environment: [variable: "x"])
      #expect(outcome.status == 64, "\(outcome.errors)")
      #expect(
        outcome.lines.count == 1 && outcome.errors.contains("\(variable) cannot be 'x'"),
        "\(outcome.errors)")
    }
  }

  /// A variable that an option makes meaningless is to blame, and so is the command line where it is wrong
  /// by itself.
  @Test func whatIsWrongIsBlamed() throws {
    let combined = try Program.run(
      ["trace", "Hm?", "-o", "/nowhere/t"], environment: ["PREFIXKV_QUANTIZE": "q4_0"])
    #expect(combined.status == 64)
    #expect(combined.errors.contains("PREFIXKV_QUANTIZE cannot be 'q4_0'. --precision f32"))
    let own = try Program.run(["ask", "--bugdet", "3"], environment: ["PREFIXKV_BUDGET": "x"])
    #expect(own.status == 64 && own.errors.contains("--bugdet"), "\(own.errors)")
    let help = try Program.run(["ask", "--help"], environment: ["PREFIXKV_BUDGET": "x"])
    #expect(help.status == 0 && help.errors.isEmpty)
  }

  @Test func aVariableStandsForItsOptionInEveryCommand() throws {
    func ask(_ arguments: [String], _ environment: [String: String]) throws -> String {
      let outcome = try Program.run(
        ["ask", "Hm?", "--json"] + arguments,
        environment: ["PREFIXKV_MODEL": Sample.model, "PREFIXKV_MAX_TOKENS": "1"]
          .merging(environment) { $1 })
      #expect(outcome.status == 0, "\(outcome.errors)")
      return outcome.output
    }
    #expect(try ask([], [:]).contains(#""budget":1,"#))
    #expect(try ask([], ["PREFIXKV_BUDGET": "40%"]).contains(#""budget":0.4,"#))
    #expect(try ask(["--budget=60%"], ["PREFIXKV_BUDGET": "40%"]).contains(#""budget":0.6,"#))
    #expect(try ask([], ["PREFIXKV_POLICY": "local"]).contains(#""policy":"local""#))
    #expect(try ask([], ["PREFIXKV_IMAGE": Sample.picture]).contains("landscape.jpg"))
  }

  /// Where an option takes several values, the variable is one of them, and the results say so.
  @Test func evaluationsTakeVariables() throws {
    try withFolder { folder in
      let outcome = try Program.run(
        [
          "eval", "ppl", "--data", Sample.oracle + "/data/detail_tiny.json", "--images",
          Sample.oracle, "--samples", "1", "-o", folder + "/out.jsonl",
        ],
        environment: [
          "PREFIXKV_MODEL": Sample.model, "PREFIXKV_BUDGET": "40%", "PREFIXKV_POLICY": "local",
        ])
      #expect(outcome.status == 0, "\(outcome.errors)")
      #expect(outcome.output.contains("local") && !outcome.output.contains("prefixkv "))
      let results = try Sample.text(of: folder + "/out.jsonl")
      #expect(results.contains(#""--budget=40%""#) && results.contains(#""--policy=local""#))
    }
  }

  @Test func helpAndVersionAreNoMistakes() throws {
    for arguments in [["--help"], ["eval", "ppl", "--help"], ["--version"], ["eval"]] {
      let outcome = try Program.run(arguments)
      #expect(outcome.status == 0)
      #expect(!outcome.output.isEmpty && outcome.errors.isEmpty)
    }
  }

  /// Options of several values, and whatever stands behind `--`, may come again.
  @Test func whatMayBeRepeatedIsTaken() throws {
    try withFolder { folder in
      for arguments in [
        ["eval", "ppl", "--policy", "full", "--policy", "local", "--data", folder + "/none"]
          + ["-o", folder + "/out.jsonl"],
        ["ask", "--model", folder + "/none", "--", "--model"],
      ] {
        let outcome = try Program.run(arguments)
        #expect(outcome.status == 66, "\(outcome.errors)")
      }
    }
  }

  @Test(arguments: [
    ("chta", "There is no command 'chta'. Did you mean 'chat'?"),
    ("frobnicate", "There is no command 'frobnicate'. prefixkv --help lists the commands."),
    (
      Sample.picture,
      "'\(Sample.picture)' is no command. --image \(Sample.picture) opens a picture."
    ),
  ])
  func aFirstWordThatIsNoCommandIsTold(word: String, sentence: String) throws {
    let outcome = try Program.run([word])
    #expect(outcome.status == 64 && outcome.output.isEmpty)
    #expect(outcome.errors == "prefixkv: \(sentence)\n")
  }

  @Test func everyStatusIsDocumented() throws {
    let page = try Sample.text(of: Sample.repository + "/docs/commands.md")
    for status in ExitStatus.allCases {
      #expect(page.contains("\n| \(status.rawValue) | "), "\(status)")
    }
  }
}
