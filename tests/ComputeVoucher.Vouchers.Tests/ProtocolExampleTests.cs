using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.Text;
using ComputeVoucher.Primitives;
using ComputeVoucher.TestKit;

namespace ComputeVoucher.Vouchers.Tests;

/// <summary>The order in hex of PROTOCOL.md follows from its fields; the root of its input is a
/// test of Trace.</summary>
public sealed class ProtocolExampleTests
{
    private static readonly Dictionary<string, byte[]> s_rows = ProtocolPage.Example();

    private static readonly VoucherClass s_class = new(
        A("class token"), N("class unitPrice"), (ulong)N("class expiry"), (uint)N("class thaw"),
        (uint)N("class window"), (ushort)N("class premiumBps"), (ushort)N("class burnBps"),
        B("class costTable"), A("class court"));

    private static readonly ChannelTerms s_channel = new(
        A("holder"), A("node address"), A("spend address"), B("class id"), B("salt"));

    private static readonly Order s_order = new(
        B("channel"), (ulong)N("seq"), B("modelRoot"), B("inputRoot"), N("maxUnits"),
        (ulong)N("deadline"), (OrderFlags)(byte)N("flags"), B("extension"));

    [Fact]
    public void Ids_FollowFromTheTerms()
    {
        Assert.Equal(B("class id"), s_class.HashStruct());
        Assert.Equal(B("channel"), s_channel.HashStruct());
        using PrivateKey node = PrivateKey.FromBytes(s_rows["node key"]);
        Assert.Equal(A("node address"), node.Address);
    }

    [Fact]
    public void Order_IsHashedAndSigned()
    {
        VoucherDomain domain = new((ulong)N("chain id"), A("Vouchers contract"), default);
        Assert.Equal(B("domain separator"), domain.VouchersSeparator);
        Assert.Equal(
            B("type hash"), Keccak256.Hash(Encoding.ASCII.GetBytes(Order.TypeText)));
        Assert.Equal(B("order hash"), s_order.HashStruct());
        Bytes32 digest = s_order.Digest(domain.VouchersSeparator);
        Assert.Equal(B("digest"), digest);
        using PrivateKey spend = PrivateKey.FromBytes(s_rows["spend key"]);
        Assert.Equal(A("spend address"), spend.Address);
        Assert.Equal(new Signature(s_rows["signature"]), spend.Sign(digest));
    }

    [Fact]
    public void Frame_IsThePayloadInItsEnvelope()
    {
        byte[] payload = s_order.Encode();
        Assert.Equal(s_rows["payload"], payload);
        byte[] body =
        [
            (byte)payload.Length, 0, .. payload, .. s_rows["signature"], .. s_rows["input"],
        ];
        byte[] header = new byte[12];
        BinaryPrimitives.WriteInt32LittleEndian(header, body.Length);
        header[4] = 3;
        BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(8), (uint)N("correlation id"));
        Assert.Equal(s_rows["frame"], (byte[])[.. header, .. body]);
    }

    private static Address A(string row) => new(s_rows[row]);

    private static Bytes32 B(string row) => new(s_rows[row]);

    private static UInt128 N(string row)
    {
        byte[] wide = new byte[16];
        s_rows[row].CopyTo(wide, wide.Length - s_rows[row].Length);
        return BinaryPrimitives.ReadUInt128BigEndian(wide);
    }
}
