import Basics
import Foundation

extension OriginalFormat {
  /// Where the vision tower of a model in LLaVA's own layout comes from.
  ///
  /// A checkpoint that was trained together with its tower, such as LLaVA-1.6, carries the tower's
  /// weights, and only these are used. The folder that `mm_vision_tower` names then only gives the
  /// tower's sizes, and may be missing when they are known.
  struct Tower {
    /// The folder that `mm_vision_tower` names; nil when it is missing and not needed.
    private let folder: String?
    private let model: String
    private let isCarried: Bool

    /// - Throws: `WeightError.noSuchModel` with the places looked at when the folder is missing and
    ///   needed.
    init(
      _ file: ConfigurationFile, model: String, isCarried: Bool
    ) throws(WeightError) {
      self.model = model
      self.isCarried = isCarried
      let reference = try file.string("mm_vision_tower", default: "")
      let (folder, looked) = try Self.find(reference, file, model: model)
      guard folder != nil || isCarried && reference.hasSuffix(Self.knownName) else {
        throw .noSuchModel(
          reference: "\(reference) (the vision tower of \(model))", looked: looked)
      }
      self.folder = folder
    }

    /// The path that an error about a missing weight of the tower names.
    var source: String { isCarried ? model : folder ?? model }

    /// The folder's tensors; none when the checkpoint carries the tower's weights.
    func tensors() throws(WeightError) -> [Tensor] {
      guard !isCarried, let folder else { return [] }
      return try TensorFolder.tensors(in: folder)
    }

    /// The tower's sizes.
    func section() throws(WeightError) -> ConfigurationFile {
      guard let folder else {
        return try ConfigurationFile(path: model + "/config.json", data: Data(Self.knownSizes.utf8))
      }
      let file = try ConfigurationFile(path: folder + "/config.json")
      return try file.has("vision_config") ? file.section("vision_config") : file
    }

    /// The folder's section that says how pictures are prepared for the tower; nil without one.
    func processor() throws(WeightError) -> ConfigurationFile? {
      guard let folder else { return nil }
      return try ImageProcessor.section(in: folder)
    }

    /// The tower of every published LLaVA-1.6.
    private static let knownName = "clip-vit-large-patch14-336"
    private static let knownSizes = """
      {"model_type": "clip_vision_model", "hidden_size": 1024, "num_hidden_layers": 24,
       "num_attention_heads": 16, "intermediate_size": 4096, "image_size": 336, "patch_size": 14}
      """

    /// The path itself, or a folder of that name beside the model, or the model of that id in the
    /// Hugging Face cache.
    private static func find(
      _ reference: String, _ file: ConfigurationFile, model: String
    ) throws(WeightError) -> (folder: String?, looked: [String]) {
      guard let name = reference.split(separator: "/").last, name != "..", name != ".",
        !reference.contains("\0")
      else {
        throw file.invalid("mm_vision_tower", expected: "the name of a CLIP model")
      }
      var looked = [PathText.folder(of: model) + "/\(name)", model + "/\(name)"]
      if reference.hasPrefix("/") { looked.insert(reference, at: 0) }
      for folder in looked where FileManager.default.fileExists(atPath: folder + "/config.json") {
        return (folder, looked)
      }
      for cache in HuggingFaceCache.caches(environment: ProcessInfo.processInfo.environment) {
        if let folder = try cache.snapshot(of: reference) { return (folder, looked) }
        looked.append(cache.root)
      }
      return (nil, looked)
    }
  }
}
