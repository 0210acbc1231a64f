import Basics
import Foundation
import TestSupport
import Testing

@testable import Inference

/// Model files that another program cuts short or overwrites while they are read: a sentence that names
/// the file, where a mapped file would end the process.
@Suite struct FileGuardTests {
  private static let page = Int(getpagesize())
  private static let weights = "/model.safetensors"

  @Test func whatIsBehindTheCutIsZeroAndTheFileIsNamed() throws {
    try withFile([UInt8](repeating: 7, count: 4 * Self.page)) { path in
      let file = try MappedFile(path: path)
      #expect(truncate(path, off_t(Self.page)) == 0)
      #expect(file.bytes[3 * Self.page] == 0 && file.bytes[Self.page] == 0)
      #expect(file.bytes[Self.page - 1] == 7)
      expectWeightError("cut", path: path, says: ["was changed while it was being read"]) {
        try file.verifyUnchanged()
      }
      // It stays changed, also when it is as long as before.
      #expect(truncate(path, off_t(4 * Self.page)) == 0)
      expectWeightError("grown", path: path, says: ["was changed"]) { try file.verifyUnchanged() }
      // What is opened anew is another file.
      let other = try MappedFile(path: path)
      #expect(other.bytes[2 * Self.page] == 0)
      try other.verifyUnchanged()
    }
  }

  @Test func aTensorOfACutFileIsNeitherReadNorPacked() throws {
    try withCopy(of: "tiny-gqa/hf") { folder in
      let head = try WeightFormats.open(folder).tensor(.outputHead)
      let pool = try ThreadPool(threads: 2)
      #expect(truncate(folder + Self.weights, 5000) == 0)
      for type in [ElementType.f16, .f32, .q8_0] {
        expectWeightError("\(type)", path: folder + Self.weights, says: ["was changed"]) {
          _ = try PackedMatrix(head, as: type, pool: pool)
        }
      }
      expectWeightError("floats", path: folder + Self.weights, says: ["was changed"]) {
        _ = try head.floats()
      }
    }
  }

  /// The file changes between the layers, as when it is downloaded again.
  @Test(arguments: [true, false])
  func aFileChangedDuringTheLoadIsNamed(isCut: Bool) throws {
    try withCopy(of: "tiny-gqa/hf") { folder in
      let path = folder + Self.weights
      let checkpoint = try WeightFormats.open(folder)
      expectWeightError("during the load", path: path, says: ["was changed"]) {
        _ = try LlavaModel(checkpoint, options: LoadOptions(threads: 2)) { done, _ in
          guard done == 2 else { return }
          if isCut {
            #expect(truncate(path, 5000) == 0)
          } else {
            let bytes = try Data(contentsOf: URL(fileURLWithPath: path))
            try Data(count: bytes.count).write(to: URL(fileURLWithPath: path))
            var times = [timeval(tv_sec: 1, tv_usec: 0), timeval(tv_sec: 1, tv_usec: 0)]
            #expect(utimes(path, &times) == 0)
          }
        }
      }
    }
  }

  /// A pair is not written from zeros.
  @Test func aFileCutDuringAConversionIsNamed() throws {
    try withCopy(of: "tiny-gqa/hf") { folder in
      let path = folder + Self.weights
      let checkpoint = try WeightFormats.open(folder)
      expectWeightError("during the conversion", path: path, says: ["was changed"]) {
        _ = try GGUFConversion.write(
          checkpoint, type: .q8_0, to: folder + "/out.gguf", pool: ThreadPool(threads: 2)
        ) { done, _ in if done > 10_000 { _ = truncate(path, 5000) } }
      }
      #expect(!FileManager.default.fileExists(atPath: folder + "/out.gguf"))
      #expect(!FileManager.default.fileExists(atPath: folder + "/mmproj-out.gguf"))
    }
  }

  /// Whatever is read of a file that is no longer there, the change is the cause that is named.
  @Test func theChangeIsNamedAndNotWhatItLooksLike() throws {
    let bytes = try Oracle.bytes(Oracle.path("models/tiny-gqa/gguf/tiny-gqa-q8_0.gguf"))
    try withFile(bytes, name: "model.gguf") { path in
      let file = try MappedFile(path: path)
      expectWeightError("cut", path: path, says: ["was changed"]) {
        _ = try file.reading { (file) throws(WeightError) in
          _ = truncate(path, 0)
          return try GGUFFile(file)
        }
      }
    }
  }

  /// The guard takes no bus error that is not its own.
  @Test func otherBusErrorsEndTheProcess() async {
    await #expect(processExitsWith: .signal(SIGBUS)) {
      try withFile([UInt8](repeating: 7, count: 10_000)) { path in
        let file = try MappedFile(path: path)
        let descriptor = open(path, O_RDWR)
        let other = mmap(nil, 10_000, PROT_READ, MAP_PRIVATE, descriptor, 0)!
        truncate(path, 0)
        exit(Int32(other.load(fromByteOffset: 9000, as: UInt8.self)) + Int32(file.bytes[0]))
      }
    }
    await #expect(processExitsWith: .signal(SIGBUS)) {
      let file = try MappedFile(path: #filePath)
      kill(getpid(), SIGBUS)
      sleep(10)
      exit(Int32(file.bytes[0]))
    }
  }
}
