using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Text.Json;
using ComputeVoucher.Primitives;
using ComputeVoucher.TestKit;

namespace ComputeVoucher.Vouchers.Tests;

/// <summary>
/// The frozen types against a third implementation (tests/vectors/vouchers-eip712.json, which the
/// Solidity tests read too), and against payload bytes that must never change.
/// </summary>
public sealed class SignedTypeTests
{
    private static readonly Lazy<JsonDocument> s_vectors = new(() => JsonDocument.Parse(
        File.ReadAllText(
            Path.Combine(SharedData.RepositoryRoot, "tests", "vectors", "vouchers-eip712.json"))));

    public static TheoryData<int> Cases
    {
        get
        {
            TheoryData<int> cases = [];
            int count = s_vectors.Value.RootElement.GetProperty("cases").GetArrayLength();
            for (int i = 0; i < count; i++)
            {
                cases.Add(i);
            }

            return cases;
        }
    }

    [Fact]
    public void Vectors_AllTenTypes_Present()
    {
        HashSet<string> types = [];
        foreach (JsonElement item in s_vectors.Value.RootElement.GetProperty("cases")
            .EnumerateArray())
        {
            types.Add(item.GetProperty("primaryType").GetString()!);
        }

        Assert.Equal(10, types.Count);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Digest_OfThirdImplementation_Equal(int index)
    {
        JsonElement item = s_vectors.Value.RootElement.GetProperty("cases")[index];
        using JsonDocument typed = JsonDocument.Parse(item.GetProperty("typedData").GetString()!);
        JsonElement domain = typed.RootElement.GetProperty("domain");
        Address contract = Address.Parse(domain.GetProperty("verifyingContract").GetString());
        ulong chain = domain.GetProperty("chainId").GetUInt64();
        VoucherDomain ours = new(chain, contract, contract);
        Message message = new(typed.RootElement.GetProperty("message"), ours.VouchersSeparator);

        Bytes32 digest = message.Digest(item.GetProperty("primaryType").GetString()!);

        Assert.Equal(Bytes32.Parse(item.GetProperty("digest").GetString()), digest);
        Assert.Equal(ours.VouchersSeparator, ours.ProvidersSeparator);
        using PrivateKey key = PrivateKey.Parse(item.GetProperty("privateKey").GetString());
        Signature signature = Signature.Parse(item.GetProperty("signature").GetString());
        Assert.Equal(signature, key.Sign(digest));
        Assert.True(Secp256k1.TryRecover(digest, signature, out Address signer));
        Assert.Equal(Address.Parse(item.GetProperty("signer").GetString()), signer);
    }

    private sealed class Message(JsonElement fields, Bytes32 separator)
    {
        public Bytes32 Digest(string type) => type switch
        {
            "Class" => Of(new VoucherClass(
                A("token"), U("unitPrice"), (ulong)U("expiry"), (uint)U("thaw"), (uint)U("window"),
                (ushort)U("premiumBps"), (ushort)U("burnBps"), B("costTable"), A("court"))),
            "Channel" => Of(new ChannelTerms(
                A("holder"), A("node"), A("spendKey"), B("classId"), B("salt"))),
            "NodeJoin" => Of(new NodeJoin(A("provider"))),
            "Order" => Of(new Order(
                B("channel"), (ulong)U("seq"), B("modelRoot"), B("inputRoot"), U("maxUnits"),
                (ulong)U("deadline"), (OrderFlags)(byte)U("flags"), B("extension"))),
            "Accept" => Of(new Accept(B("orderHash"), (ulong)U("dueAt"))),
            "Cancel" => Of(new Cancel(B("orderHash"))),
            "Receipt" => Of(new Receipt(
                B("orderHash"), (uint)U("steps"), B("outputRoot"), B("traceRoot"), U("units"))),
            "TraceRoot" => Of(new TraceRootStatement(
                B("orderHash"), (uint)U("steps"), B("traceRoot"))),
            "Ack" => Of(new Ack(B("channel"), U("cumUnits"), (ulong)U("nextSeq"))),
            "Release" => Of(new Release(B("channel"), U("cumUnits"))),
            _ => throw new InvalidDataException(type),
        };

        private Bytes32 Of<T>(T value)
            where T : struct, ISignedStruct<T> => value.Digest(separator);

        private Address A(string name) => Address.Parse(fields.GetProperty(name).GetString());

        private Bytes32 B(string name)
        {
            string text = fields.GetProperty(name).GetString()!;
            return text.StartsWith("0x", StringComparison.Ordinal)
                ? Bytes32.Parse(text)
                : UInt256.Parse(text).ToBytes32();
        }

        private UInt128 U(string name)
        {
            JsonElement value = fields.GetProperty(name);
            string text = value.ValueKind == JsonValueKind.String
                ? value.GetString()!
                : value.GetRawText();
            return UInt128.Parse(text, CultureInfo.InvariantCulture);
        }
    }
}
