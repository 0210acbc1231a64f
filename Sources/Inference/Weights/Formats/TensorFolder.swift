import Basics

/// All tensors of a model folder, whatever container they are in: one file, or shards with an
/// index.
enum TensorFolder {
  private struct Container: Sendable {
    var index: String
    var single: String
    var read: @Sendable (MappedFile) throws(WeightError) -> [Tensor]
  }

  /// The containers, in the order in which they are searched.
  private static let containers = [
    Container(
      index: "model.safetensors.index.json", single: "model.safetensors",
      read: SafetensorsFile.tensors(of:)),
    Container(
      index: "pytorch_model.bin.index.json", single: "pytorch_model.bin",
      read: TorchFile.tensors(of:)),
  ]

  static func tensors(in folder: String) throws(WeightError) -> [Tensor] {
    for container in containers {
      if MappedFile.isListed(folder + "/" + container.index) {
        return try shards(in: folder, container)
      }
      if MappedFile.isListed(folder + "/" + container.single) {
        return try MappedFile(path: folder + "/" + container.single).reading(container.read)
      }
    }
    throw .unreadable(
      path: folder,
      reason: "it holds none of "
        + containers.flatMap { [$0.single, $0.index] }.joined(separator: ", "))
  }

  /// The model folder of one of its weight files, because people drop the largest file of a
  /// download.
  ///
  /// - Returns: nil for a file that is not read when its folder is given.
  static func folder(ofWeights path: String) -> String? {
    let folder = PathText.folder(of: path)
    let name = PathText.name(of: path)
    func has(_ name: String) -> Bool { MappedFile.isListed(folder + "/" + name) }
    guard has("config.json"),
      let container = containers.first(where: { has($0.index) || has($0.single) })
    else { return nil }
    guard has(container.index) else { return name == container.single ? folder : nil }
    let ending = "." + (container.single.split(separator: ".").last ?? "")
    let isShard = name.hasPrefix(container.single.dropLast(ending.count) + "-")
    return name == container.index || isShard && name.hasSuffix(ending) ? folder : nil
  }

  /// Reads the shards the index names, and checks that they hold exactly what it promises.
  private static func shards(
    in folder: String, _ container: Container
  ) throws(WeightError) -> [Tensor] {
    let indexPath = folder + "/" + container.index
    let index = try ConfigurationFile(path: indexPath)
    let map = try index.strings(at: "weight_map")
    var tensors: [Tensor] = []
    var shardOf: [String: String] = [:]
    for shard in Set(map.values).sorted() {
      guard !shard.isEmpty, shard != "..", !shard.contains("/"), !shard.contains("\0") else {
        throw .damaged(
          path: indexPath, detail: "the shard name '\(shard)' is not a plain file name")
      }
      for tensor in try MappedFile(path: folder + "/" + shard).reading(container.read) {
        if let other = shardOf.updateValue(shard, forKey: tensor.name) {
          throw .damaged(
            path: indexPath, detail: "tensor '\(tensor.name)' is in both '\(other)' and '\(shard)'")
        }
        tensors.append(tensor)
      }
    }
    for (name, shard) in map where shardOf[name] != shard {
      throw .damaged(
        path: folder + "/" + shard,
        detail: "it has no tensor '\(name)', which \(container.index) says is in it")
    }
    return tensors
  }
}
