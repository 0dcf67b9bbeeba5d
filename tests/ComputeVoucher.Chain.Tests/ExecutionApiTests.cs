using System;
using System.Collections.Generic;
using System.IO;
using System.Text;
using System.Text.Json;
using ComputeVoucher.TestKit;

namespace ComputeVoucher.Chain.Tests;

/// <summary>Every recorded answer of ethereum/execution-apis for the methods that Chain calls: a
/// result parses, an error becomes one line.</summary>
public sealed class ExecutionApiTests
{
    private const string Folder = "ethereum/execution-apis/tests";
    private const int FilesExpected = 71;

    // A reader per method; what it returns is described in ResultParserTests.
    private static readonly Dictionary<string, Func<JsonElement, object?>> s_readers = new()
    {
        ["eth_blockNumber"] = r => JsonScalar.ReadUInt64(r, "blockNumber"),
        ["eth_call"] = r => JsonScalar.ReadData(r, "call"),
        ["eth_chainId"] = r => JsonScalar.ReadUInt64(r, "chainId"),
        ["eth_estimateGas"] = r => JsonScalar.ReadUInt64(r, "gas"),
        ["eth_getBalance"] = r => JsonScalar.ReadUInt256(r, "balance"),
        ["eth_getBlockByHash"] = ResultParser.Block,
        ["eth_getBlockByNumber"] = ResultParser.Block,
        ["eth_getCode"] = r => JsonScalar.ReadData(r, "code"),
        ["eth_getLogs"] = ResultParser.Logs,
        ["eth_getTransactionByHash"] = ResultParser.Transaction,
        ["eth_getTransactionCount"] = r => JsonScalar.ReadUInt64(r, "transactionCount"),
        ["eth_getTransactionReceipt"] = ResultParser.Receipt,
        ["eth_sendRawTransaction"] = r => JsonScalar.ReadBytes32(r, "hash"),
    };

    [SharedDataFact(Folder)]
    public void Recorded_EveryAnswer_ParsesOrIsAnError()
    {
        int files = 0;
        int results = 0;
        int errors = 0;
        foreach ((string method, Func<JsonElement, object?> read) in s_readers)
        {
            foreach (string path in Directory.EnumerateFiles(SharedData.PathOf(Folder, method)))
            {
                files++;
                uint id = 0;
                foreach (string line in File.ReadLines(path))
                {
                    if (line.StartsWith(">> ", StringComparison.Ordinal))
                    {
                        using JsonDocument request = JsonDocument.Parse(line.AsMemory(3));
                        id = request.RootElement.GetProperty("id").GetUInt32();
                    }
                    else if (line.StartsWith("<< ", StringComparison.Ordinal))
                    {
                        bool isResult = Answer(path, line[3..], id, read);
                        results += isResult ? 1 : 0;
                        errors += isResult ? 0 : 1;
                    }
                }
            }
        }

        Assert.Equal(FilesExpected, files);
        Assert.True(results > 50, $"{results} results");
        Assert.True(errors > 5, $"{errors} errors");
    }

    [SharedDataFact(Folder)]
    public void Recorded_Receipts_AgreeWithTheirText()
    {
        TransactionReceipt created = Receipt("get-legacy-contract.io");
        Assert.Null(created.To);
        Assert.NotNull(created.ContractAddress);
        Assert.Null(created.IsSuccess); // before Byzantium: a root instead of a status

        TransactionReceipt sent = Receipt("get-dynamic-fee.io");
        Assert.True(sent.IsSuccess);
        Assert.NotNull(sent.To);
        Assert.NotEqual(0UL, sent.GasUsed);
        Assert.All(sent.Logs, log => Assert.Equal(sent.TransactionHash, log.TransactionHash));
    }

    private static TransactionReceipt Receipt(string file)
    {
        string line = File.ReadAllLines(
            SharedData.PathOf(Folder, "eth_getTransactionReceipt", file))[^1];
        return RpcEnvelope.Response(
            Encoding.UTF8.GetBytes(line[3..]), 1, ResultParser.Receipt)!;
    }

    /// <summary>True for a result, false for an error object; throws for anything else.</summary>
    private static bool Answer(
        string path, string text, uint id, Func<JsonElement, object?> read)
    {
        bool expectsError = text.Contains("\"error\":{", StringComparison.Ordinal);
        try
        {
            RpcEnvelope.Response(Encoding.UTF8.GetBytes(text), id, read);
            Assert.False(expectsError, path);
            return true;
        }
        catch (ChainException e)
        {
            Assert.True(expectsError, $"{path}: {e.Message}");
            Assert.True(
                e.Fault is ChainFault.Rejected or ChainFault.Reverted, $"{path}: {e.Fault}");
            Assert.DoesNotContain('\n', e.Message);
            Assert.NotEqual(0, e.Code);
            return false;
        }
    }
}
