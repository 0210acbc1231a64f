/// The vision towers that can be run. A further one is one new file and one line here.
public enum Towers {
  /// The records, in the order in which a GGUF file is searched for their weights.
  public static let all: [TowerArchitecture] = [.clip, .sigLIP]

  /// The tower that a Hugging Face configuration's vision section asks for.
  ///
  /// - Throws: `WeightError.unsupported` naming an unknown `model_type` and what is available.
  static func tower(huggingFace section: ConfigurationFile) throws(WeightError) -> TowerArchitecture
  {
    // transformers takes a section without a type for CLIP.
    let type = try section.string("model_type", default: TowerArchitecture.clip.modelType)
    guard let tower = all.first(where: { $0.modelType == type }) else {
      throw section.unknown("model_type", type, available: all.map(\.modelType))
    }
    return tower
  }

  /// The tower in a GGUF vision file. No key names it, so it is recognised by its weights outside
  /// the blocks.
  static func tower(gguf file: GGUFFile) throws(WeightError) -> TowerArchitecture {
    let names = Set(file.tensors.map(\.name))
    func isComplete(_ tower: TowerArchitecture) -> Bool {
      tower.outside.values.allSatisfy { names.contains("v." + $0.gguf) }
    }
    if let tower = all.first(where: isComplete) { return tower }
    let missing = all[0].outside.values.map { "v." + $0.gguf }.filter { !names.contains($0) }
    throw .unsupported(
      path: file.path,
      detail: "its vision tower is of an unknown kind (it lacks "
        + missing.sorted().map { "'\($0)'" }.joined(separator: ", ") + "); available: "
        + all.map(\.name).joined(separator: ", "))
  }
}
