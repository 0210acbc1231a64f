import Basics
import Foundation

extension SessionFormat {
  /// Everything that is known; docs/schema/session.json describes it.
  public static let json = SessionFormat(ending: "json") { session, picture in
    JSONStyle.document(SessionRecord(session, picture))
  }
}

private struct SessionRecord: Encodable {
  struct Message: Encodable {
    let role: SavedMessage.Role
    let text: String
    @Nullable var note: String?
    let isFormer: Bool
    let conditions: [SavedMessage.Condition]
    let tokens: [Int]
    let layers: [SavedMessage.Layer]

    init(_ message: SavedMessage) {
      role = message.role
      text = message.text
      note = message.note
      isFormer = message.isFormer
      conditions = message.conditions
      tokens = message.tokens
      layers = message.layers
    }
  }

  struct Model: Encodable {
    let name: String
    @Nullable var reference: String?
    let weightType: String
    let template: String
  }

  struct Picture: Encodable {
    let path: String
    /// In base 64.
    @Nullable var png: String?
  }

  struct Sampling: Encodable {
    let temperature: Double
    let topP: Double
    let seed: UInt64
    let maxTokens: Int
  }

  @Nullable var title: String?
  let model: Model
  @Nullable var system: String?
  @Nullable var tiles: Int?
  @Nullable var pictureTokens: String?
  @Nullable var picture: Picture?
  let policy: String
  let budget: Double
  let sampling: Sampling
  let messages: [Message]

  init(_ session: SavedSession, _ copy: [UInt8]?) {
    let setting = session.setting
    title = session.title
    model = Model(
      name: setting.modelName, reference: setting.model, weightType: setting.weightType,
      template: setting.template)
    system = setting.system
    tiles = setting.tiles
    pictureTokens = setting.pictureTokens
    picture = setting.picture.map {
      Picture(path: $0, png: copy.map { Data($0).base64EncodedString() })
    }
    policy = setting.policy
    budget = setting.budget
    sampling = Sampling(
      temperature: setting.temperature, topP: setting.topP, seed: setting.seed,
      maxTokens: setting.maxTokens)
    messages = session.messages.map(Message.init)
  }
}
