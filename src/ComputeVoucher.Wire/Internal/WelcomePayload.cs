using System;
using System.Buffers.Binary;
using ComputeVoucher.Primitives;

namespace ComputeVoucher.Wire.Internal;

/// <summary>
/// Welcome: version u16, reserved u16, frame bytes u32, orders u32, requests u32, node 20,
/// context 32, nonce 32, signature 64. The signature covers a tag, the whole Hello payload and
/// everything in Welcome before it: a replayed proof, another node, another chain, a lowered
/// version and a foreign nonce all fail.
/// </summary>
internal readonly record struct WelcomePayload(
    ushort Version,
    uint FrameBytes,
    uint Orders,
    uint Requests,
    Address Node,
    Bytes32 Context,
    Bytes32 Nonce)
{
    private const int SignedBytes = WireProtocol.WelcomeBytes - WireProtocol.SignatureBytes;

    /// <summary>
    /// Ends in a line feed, so that no other signed message of the product begins so.
    /// </summary>
    private static ReadOnlySpan<byte> Tag => "ComputeVoucher wire welcome 2\n"u8;

    internal static bool IsValid(ReadOnlySpan<byte> payload) =>
        BinaryPrimitives.ReadUInt16LittleEndian(payload) != 0
        && BinaryPrimitives.ReadUInt16LittleEndian(payload[2..]) == 0
        && Count(payload[4..]) is > 0 and <= WireProtocol.FrameBytesMax
        && Count(payload[8..]) is > 0 and <= ushort.MaxValue
        && Count(payload[12..]) is > 0 and <= ushort.MaxValue;

    /// <summary>Reads a payload that <see cref="IsValid"/> has passed.</summary>
    internal static WelcomePayload Read(ReadOnlySpan<byte> payload) => new(
        BinaryPrimitives.ReadUInt16LittleEndian(payload),
        Count(payload[4..]),
        Count(payload[8..]),
        Count(payload[12..]),
        new Address(payload.Slice(16, Address.Size)),
        new Bytes32(payload.Slice(36, Bytes32.Size)),
        new Bytes32(payload.Slice(68, Bytes32.Size)));

    /// <summary>Writes all but the signature, the last 64 bytes.</summary>
    internal void Write(Span<byte> payload)
    {
        BinaryPrimitives.WriteUInt16LittleEndian(payload, Version);
        BinaryPrimitives.WriteUInt16LittleEndian(payload[2..], 0);
        BinaryPrimitives.WriteUInt32LittleEndian(payload[4..], FrameBytes);
        BinaryPrimitives.WriteUInt32LittleEndian(payload[8..], Orders);
        BinaryPrimitives.WriteUInt32LittleEndian(payload[12..], Requests);
        Node.CopyTo(payload[16..]);
        Context.CopyTo(payload[36..]);
        Nonce.CopyTo(payload[68..]);
    }

    /// <summary>The 64 bytes that <see cref="Write"/> leaves open.</summary>
    internal static Span<byte> SignatureOf(Span<byte> payload) =>
        payload.Slice(SignedBytes, WireProtocol.SignatureBytes);

    /// <summary>What the node key signs: keccak(tag ‖ Hello ‖ Welcome without signature).</summary>
    internal static Bytes32 Digest(ReadOnlySpan<byte> hello, ReadOnlySpan<byte> welcome)
    {
        Span<byte> message = stackalloc byte[Tag.Length + WireProtocol.HelloBytes + SignedBytes];
        Tag.CopyTo(message);
        hello[..WireProtocol.HelloBytes].CopyTo(message[Tag.Length..]);
        welcome[..SignedBytes].CopyTo(message[(Tag.Length + WireProtocol.HelloBytes)..]);
        return Keccak256.Hash(message);
    }

    /// <summary>
    /// The name of a connection, keccak(node's nonce ‖ client's nonce): neither side can make two
    /// connections of one name, so that what is signed with it counts on one connection only.
    /// </summary>
    internal static Bytes32 ConnectionNonce(in Bytes32 node, in Bytes32 client)
    {
        Span<byte> both = stackalloc byte[2 * Bytes32.Size];
        node.CopyTo(both);
        client.CopyTo(both[Bytes32.Size..]);
        return Keccak256.Hash(both);
    }

    private static uint Count(ReadOnlySpan<byte> source) =>
        BinaryPrimitives.ReadUInt32LittleEndian(source);
}
