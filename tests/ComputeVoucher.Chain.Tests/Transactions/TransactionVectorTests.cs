using System;
using System.Collections.Generic;
using System.IO;
using System.IO.Compression;
using System.Text.Json;
using ComputeVoucher.Primitives;
using ComputeVoucher.TestKit;

namespace ComputeVoucher.Chain.Tests;

/// <summary>Other people's transactions: ethereum/tests (every file, every fork) and the 1,600 of
/// ethers, types 0 to 2.</summary>
public sealed class TransactionVectorTests
{
    private const string Suite = "ethereum/ethereum-tests/TransactionTests";
    private const string Ethers = "ethereum/ethers/transactions.json.gz";
    private const int SuiteFiles = 210;
    private const int SuiteCases = 2665;

    [SharedDataFact(Suite)]
    public void Suite_EveryFileAndFork_AcceptedOrRefusedAsExpected()
    {
        int files = 0;
        int cases = 0;
        List<string> wrong = [];
        string folder = SharedData.PathOf(Suite);
        foreach (string path in Directory.EnumerateFiles(
            folder, "*.json", SearchOption.AllDirectories))
        {
            files++;
            using JsonDocument file = JsonDocument.Parse(File.ReadAllBytes(path));
            foreach (JsonProperty test in file.RootElement.EnumerateObject())
            {
                byte[] bytes = Hex.Decode(test.Value.GetProperty("txbytes").GetString());
                JsonElement results = test.Value.GetProperty("result");
                foreach (JsonProperty expected in results.EnumerateObject())
                {
                    cases++;
                    string? flaw = Disagreement(bytes, expected);
                    if (flaw is not null)
                    {
                        wrong.Add($"{test.Name} {expected.Name}: {flaw}");
                    }
                }
            }
        }

        Assert.Empty(wrong);
        Assert.Equal(SuiteFiles, files);
        Assert.Equal(SuiteCases, cases);
    }

    [SharedDataFact(Ethers)]
    public void Ethers_SignedByAnotherImplementation_SameBytesSameSender()
    {
        using FileStream packed = File.OpenRead(SharedData.PathOf(Ethers));
        using GZipStream plain = new(packed, CompressionMode.Decompress);
        using JsonDocument file = JsonDocument.Parse(plain);
        int count = 0;
        int forms = 0;
        foreach (JsonElement test in file.RootElement.EnumerateArray())
        {
            using PrivateKey key = PrivateKey.Parse(test.GetProperty("privateKey").GetString());
            AnyTransaction legacy = Read(test.GetProperty("transaction"), TransactionKind.Legacy);
            Check(test, "Legacy", legacy with { ChainId = null }, key);
            forms += 3;
            if (legacy.ChainId != 0)
            {
                // EIP-155 is about the chain id: without one the form does not exist.
                Check(test, "Eip155", legacy, key);
                forms++;
            }

            JsonElement fields = test.GetProperty("transaction");
            Check(test, "Berlin", Read(fields, TransactionKind.AccessList), key);
            Check(test, "London", Read(fields, TransactionKind.FeeMarket), key);
            count++;
        }

        Assert.Equal(1600, count);
        Assert.Equal(3 * 1600 + 832, forms);
    }

    private static string? Disagreement(byte[] bytes, JsonProperty expected)
    {
        bool mustFail = expected.Value.TryGetProperty("exception", out JsonElement why);
        Fork fork = Enum.Parse<Fork>(expected.Name);
        AnyTransaction transaction;
        try
        {
            transaction = AnyTransaction.Decode(bytes);
        }
        catch (FormatException e)
        {
            return mustFail ? null : e.Message;
        }

        string? flaw = TransactionRules.Flaw(transaction, fork, chainId: 1);
        if (mustFail || flaw is not null)
        {
            return mustFail == flaw is not null ? null : flaw ?? $"accepted, {why} expected";
        }

        transaction.TryRecoverSender(out Address sender);
        ulong gas = Convert.ToUInt64(expected.Value.GetProperty("intrinsicGas").GetString(), 16);
        string hash = expected.Value.GetProperty("hash").GetString()!;
        bool isSame = transaction.Hash() == Bytes32.Parse(hash)
            && sender == Address.Parse(expected.Value.GetProperty("sender").GetString())
            && TransactionRules.IntrinsicGas(transaction, fork) == gas
            && transaction.Encode().AsSpan().SequenceEqual(bytes);
        return isSame ? null : "another hash, sender, gas or encoding";
    }

    private static void Check(
        JsonElement test, string form, AnyTransaction transaction, PrivateKey key)
    {
        byte[] signed = Hex.Decode(test.GetProperty("signed" + form).GetString());
        Assert.Equal(
            test.GetProperty("unsigned" + form).GetString(), Hex.Encode(transaction.Encode()));
        Assert.Equal(Hex.Encode(signed), Hex.Encode(transaction.Sign(key).Encode()));

        AnyTransaction decoded = AnyTransaction.Decode(signed);
        Assert.True(decoded.TryRecoverSender(out Address sender));
        Assert.Equal(key.Address, sender);
        Assert.Equal(signed, decoded.Encode());
        Assert.Equal(Keccak256.Hash(signed), decoded.Hash());
    }

    private static AnyTransaction Read(JsonElement json, TransactionKind kind)
    {
        UInt256 price = Number(json, "gasPrice");
        bool isFeeMarket = kind == TransactionKind.FeeMarket;
        return new AnyTransaction
        {
            Kind = kind,
            ChainId = checked((ulong)Number(json, "chainId").ToUInt128()),
            Nonce = json.TryGetProperty("nonce", out JsonElement nonce) ? nonce.GetUInt64() : 0,
            MaxFeePerGas = isFeeMarket ? Number(json, "maxFeePerGas") : price,
            MaxPriorityFeePerGas = isFeeMarket ? Number(json, "maxPriorityFeePerGas") : price,
            GasLimit = checked((ulong)Number(json, "gasLimit").ToUInt128()),
            To = json.TryGetProperty("to", out JsonElement to)
                ? Address.Parse(to.GetString())
                : null,
            Value = Number(json, "value"),
            Data = json.TryGetProperty("data", out JsonElement data)
                ? Hex.Decode(data.GetString())
                : [],
            AccessList = ReadAccessList(json),
        };
    }

    private static List<AccessListItem> ReadAccessList(JsonElement json)
    {
        List<AccessListItem> items = [];
        if (!json.TryGetProperty("accessList", out JsonElement list))
        {
            return items;
        }

        foreach (JsonElement item in list.EnumerateArray())
        {
            List<Bytes32> slots = [];
            foreach (JsonElement slot in item.GetProperty("storageKeys").EnumerateArray())
            {
                slots.Add(Bytes32.Parse(slot.GetString()));
            }

            Address account = Address.Parse(item.GetProperty("address").GetString());
            items.Add(new AccessListItem(account, [.. slots]));
        }

        return items;
    }

    private static UInt256 Number(JsonElement json, string name) =>
        json.TryGetProperty(name, out JsonElement value)
            ? UInt256.Parse(value.GetString())
            : UInt256.Zero;
}
