import Basics
import Foundation

/// One model of the list, described by the headers of its files.
public struct ModelListing: Sendable, Equatable {
  /// The name that `--model` and `/model` take.
  public var name: String
  /// Where it was found, for people: "ollama".
  public var store: String
  /// The folder or file; nil when nothing was found under the name.
  public var path: String?
  /// The member of the family and its decoder: "LLaVA-1.6 (Mistral)"; nil when the files do not
  /// say.
  public var member: String?
  /// The type that stands for the model, as `inspect` shows it: "Q4_K"; nil for a model that cannot be read.
  public var weightType: String?
  /// Bytes of the weights on disk, or of the files when the model cannot be read.
  public var bytes: Int
  /// Bytes of memory for weights as stored and the cache of one picture; nil for a model that cannot
  /// be read.
  public var memory: Int?
  /// Why it does not run here, or not under its name, as a sentence; nil when it should run. (The
  /// tokenizer is not checked before the model is loaded.)
  public var refusal: String?

  package init(
    name: String, store: String, path: String? = nil, member: String? = nil,
    weightType: String? = nil, bytes: Int = 0, memory: Int? = nil, refusal: String? = nil
  ) {
    self.name = name
    self.store = store
    self.path = path
    self.member = member
    self.weightType = weightType
    self.bytes = bytes
    self.memory = memory
    self.refusal = refusal
  }
}

/// All models in the stores of this machine.
public struct ModelCatalogue: Sendable, Equatable {
  /// The models, store by store in the order in which stores are searched, and by name within a
  /// store.
  public var models: [ModelListing] = []
  /// Stores that could not be listed, as sentences.
  public var problems: [String] = []

  package init(models: [ModelListing], problems: [String] = []) {
    self.models = models
    self.problems = problems
  }

  /// Reads every model's headers, which takes milliseconds each. A damaged model is listed, too.
  public init(environment: [String: String] = ProcessInfo.processInfo.environment) {
    let available = AvailableMemory.measured()
    for store in ModelStores.all(environment: environment) {
      do {
        // Of models with one name in several stores, the name means the first.
        let earlier = Dictionary(models.map { ($0.name, $0) }) { first, _ in first }
        let known = Set(models.compactMap(\.path))
        models += try store.names().map { name in
          var listing = ModelListing(name, in: store, available: available)
          if let first = earlier[name] { listing.stand(behind: first) }
          return listing
        }.filter { listing in
          // A folder that is named by two stores, or by itself and as a part of another one.
          listing.path.map { !known.contains($0) } ?? true
        }
      } catch {
        problems.append("\(error)")
      }
    }
  }

  /// The names alone, for completion; stores that cannot be listed have none.
  public static func names(
    environment: [String: String] = ProcessInfo.processInfo.environment
  ) -> [String] {
    var seen: Set<String> = []
    return ModelStores.all(environment: environment).flatMap { (try? $0.names()) ?? [] }
      .filter { seen.insert($0).inserted }
  }

  /// How to get a checkpoint, when there is none but the bundled one; nil otherwise.
  public var advice: String? {
    guard models.allSatisfy({ $0.name == BundledStore.name }) else { return nil }
    return """
      There is no model on this machine but the bundled one. prefixkv downloads nothing; get one with
        huggingface-cli download llava-hf/llava-1.5-7b-hf
        ollama pull llava
      and give it by its name: --model llava-hf/llava-1.5-7b-hf, --model llava.
      """
  }
}

extension ModelListing {
  init(_ name: String, in store: any ModelStore, available: AvailableMemory?) {
    self.init(name: name, store: store.title)
    var found: LocatedModel?
    do {
      found = try store.model(name)
      guard let found else {
        refusal = "There are no files behind the name any more."
        return
      }
      path = found.path
      let headers = try WeightFormats.headers(found)
      member = FamilyMember.name(headers)
      weightType = headers.weightType.label
      bytes = headers.weightBytes
      let need = try MemoryNeed(headers)
      memory = need.bytes
      try need.verify(available: available)
    } catch {
      refusal = "\(error)"
      guard let found, weightType == nil else { return }
      member = FamilyMember.name(found)
      bytes = Self.fileBytes(found)
    }
  }

  /// Says which model the name means in place of this one, which would run.
  fileprivate mutating func stand(behind first: ModelListing) {
    guard refusal == nil, let path else { return }
    refusal = "The name means '\(first.path ?? first.store)'; give '\(path)' for this one."
  }

  /// The size of the files that the model consists of; a file that cannot be examined counts as 0.
  private static func fileBytes(_ model: LocatedModel) -> Int {
    var paths = [model.path, model.projector].compactMap(\.self)
    if GGUFPair.isFolder(model.path) {
      let names = (try? Folder.names(in: model.path)) ?? []
      paths = names.map { model.path + "/" + $0 }
    }
    return paths.reduce(0) { sum, path in
      var status = stat()
      guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return sum }
      return sum + Int(status.st_size)
    }
  }
}
