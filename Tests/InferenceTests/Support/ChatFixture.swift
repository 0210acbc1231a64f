import KVCache
import TestSupport

@testable import Inference

/// A small model, and a picture that it has encoded, for tests of conversations.
struct ChatFixture {
  let model: LlavaModel
  let image: ImageEmbedding

  init(matrixType: ElementType = .f32) throws {
    model = try EngineOracleTests.model("tiny-mha/hf", matrixType: matrixType)
    let pixels = try ImageFile.load(path: Oracle.path("images/landscape.jpg"), reading: .asSeen)
    image = try model.embed(pixels, route: .pad)
  }

  /// A conversation about the picture.
  func chat(_ options: ChatOptions) throws -> ChatSession {
    let chat = try ChatSession(model: model, options: options)
    try chat.begin(image: image)
    return chat
  }
}
