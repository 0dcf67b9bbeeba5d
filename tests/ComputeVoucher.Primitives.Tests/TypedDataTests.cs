using System;
using System.Linq;
using System.Text.Json;
using ComputeVoucher.Primitives.Tests.Support;
using ComputeVoucher.TestKit;

namespace ComputeVoucher.Primitives.Tests;

public sealed class TypedDataTests
{
    private const string MailTypes = """
        {"Person":[{"name":"name","type":"string"},{"name":"wallet","type":"address"}],
         "Mail":[{"name":"from","type":"Person"},{"name":"to","type":"Person"},
                 {"name":"contents","type":"string"}]}
        """;

    [SharedDataFact("ethereum/ethers/typed-data.json.gz")]
    public void Digest_OfTheEthersVectors_IsTheirs()
    {
        int cases = 0;
        int signed = 0;
        foreach (JsonElement vector in Vectors.Ethers("typed-data").EnumerateArray())
        {
            JsonElement types = vector.GetProperty("types");
            string primary = vector.Text("primaryType");
            JsonElement data = vector.GetProperty("data");
            Assert.Equal(
                vector.Text("encoded"), Hex.Encode(TypedData.EncodeStruct(types, primary, data)));
            Bytes32 digest = TypedData.Digest(types, primary, vector.GetProperty("domain"), data);
            Assert.Equal(vector.Text("digest"), digest.ToString());
            if (vector.TryGetProperty("signature", out JsonElement signature))
            {
                // r, s and v = 27 + parity; deterministic nonces make it comparable byte for byte.
                byte[] rsv = Hex.Decode(signature.GetString());
                using PrivateKey key = PrivateKey.Parse(vector.Text("privateKey"));
                Signature expected = new(
                    new Bytes32(rsv.AsSpan(0, 32)), new Bytes32(rsv.AsSpan(32, 32)), rsv[64] == 28);
                Assert.Equal(expected, key.Sign(digest));
                signed++;
            }

            cases++;
        }

        Assert.Equal(65, cases);
        Assert.Equal(1, signed);
    }

    [Fact]
    public void EncodeType_OfTheExampleOfTheEip_IsItsText()
    {
        JsonElement types = JsonDocument.Parse(MailTypes).RootElement;
        Assert.Equal(
            "Mail(Person from,Person to,string contents)Person(string name,address wallet)",
            TypedData.EncodeType(types, "Mail"));
    }

    [Fact]
    public void Eip712Domain_Separator_EqualsTheOneFromJson()
    {
        Address contract = Address.Parse("0xCcCCccccCCCCcCCCCCCcCcCccCcCCCcCcccccccC");
        Eip712Domain domain = new("Ether Mail", "1", 1, contract);
        JsonElement json = JsonDocument.Parse($$"""
            {"name":"Ether Mail","version":"1","chainId":1,"verifyingContract":"{{contract}}"}
            """).RootElement;
        Assert.Equal(TypedData.DomainSeparator(json), domain.Separator);

        // Printed in the example of EIP-712.
        Assert.Equal(
            "0xf2cee375fa42b42143804025fc449deafd50cc031ca257e0b194a650a912090f",
            domain.Separator.ToString());
    }

    [Theory]
    [InlineData("uint8", "256")]
    [InlineData("uint8", "-1")]
    [InlineData("int8", "128")]
    [InlineData("int8", "-129")]
    [InlineData("uint7", "1")]
    [InlineData("uint264", "1")]
    [InlineData("uint", "1")]
    [InlineData("bytes33", "\"0x00\"")]
    [InlineData("bytes2", "\"0x00\"")]
    [InlineData("address", "\"0x00\"")]
    [InlineData("nothing", "1")]
    [InlineData("uint8[2]", "[1]")]
    public void HashStruct_OfAValueThatDoesNotFit_IsRefused(string type, string value)
    {
        JsonElement json = JsonDocument.Parse(
            "{\"types\":{\"T\":[{\"name\":\"a\",\"type\":\"" + type + "\"}]},\"value\":{\"a\":"
            + value + "}}").RootElement;
        Assert.Throws<FormatException>(() => TypedData.HashStruct(
            json.GetProperty("types"), "T", json.GetProperty("value")));
    }

    [Theory]
    [InlineData("int8", "-128", "80")]
    [InlineData("int8", "127", "7f")]
    [InlineData("int8", "-1", "ff")]
    [InlineData("int16", "-0", "00")]
    public void EncodeStruct_OfSignedNumbers_IsTwosComplement(string type, string n, string last)
    {
        JsonElement json = JsonDocument.Parse(
            "{\"types\":{\"T\":[{\"name\":\"a\",\"type\":\"" + type + "\"}]},\"value\":{\"a\":\""
            + n + "\"}}").RootElement;
        byte[] encoded = TypedData.EncodeStruct(
            json.GetProperty("types"), "T", json.GetProperty("value"));
        byte fill = n.StartsWith('-') && n != "-0" ? (byte)0xFF : (byte)0;
        Assert.True(encoded[32..63].All(b => b == fill));
        Assert.Equal(last, Convert.ToHexStringLower(encoded[63..]));
    }
}
