using System;
using System.Collections.Generic;
using System.Globalization;
using System.Text.Json;
using System.Threading;
using System.Threading.Tasks;
using ComputeVoucher.Primitives;

namespace ComputeVoucher.Chain;

/// <summary>The methods that Chain calls, and no others.</summary>
public sealed partial class JsonRpcClient
{
    public Task<ulong> ChainIdAsync(CancellationToken cancel) =>
        CallAsync("eth_chainId", NoParameters, r => JsonScalar.ReadUInt64(r, "chainId"), cancel);

    public Task<ulong> BlockNumberAsync(CancellationToken cancel) =>
        CallAsync(
            "eth_blockNumber", NoParameters, r => JsonScalar.ReadUInt64(r, "blockNumber"), cancel);

    /// <summary>Null where the chain has no such block yet.</summary>
    public Task<BlockHeader?> BlockAsync(BlockTag block, CancellationToken cancel) =>
        CallAsync("eth_getBlockByNumber", BlockParameters(block), ResultParser.Block, cancel);

    /// <summary>Null where this node knows no such block.</summary>
    public Task<BlockHeader?> BlockAsync(Bytes32 hash, CancellationToken cancel) =>
        CallAsync(
            "eth_getBlockByHash",
            w =>
            {
                w.WriteStringValue(hash.ToString());
                w.WriteBooleanValue(false);
            },
            ResultParser.Block,
            cancel);

    /// <summary>How many transactions of the account are in the chain up to that block; so its
    /// next nonce.</summary>
    public Task<ulong> NonceAsync(Address account, BlockTag block, CancellationToken cancel) =>
        CallAsync(
            "eth_getTransactionCount",
            AccountParameters(account, block),
            r => JsonScalar.ReadUInt64(r, "transactionCount"),
            cancel);

    /// <summary>Wei.</summary>
    public Task<UInt256> BalanceAsync(Address account, BlockTag block, CancellationToken cancel) =>
        CallAsync(
            "eth_getBalance",
            AccountParameters(account, block),
            r => JsonScalar.ReadUInt256(r, "balance"),
            cancel);

    /// <summary>Empty where no contract is.</summary>
    public Task<byte[]> CodeAsync(Address account, BlockTag block, CancellationToken cancel) =>
        CallAsync(
            "eth_getCode",
            AccountParameters(account, block),
            r => JsonScalar.ReadData(r, "code"),
            cancel);

    public Task<TransactionInfo?> TransactionAsync(Bytes32 hash, CancellationToken cancel) =>
        CallAsync(
            "eth_getTransactionByHash", HashParameter(hash), ResultParser.Transaction, cancel);

    /// <summary>Null while unmined, unknown, or taken back by a reorganisation.</summary>
    public Task<TransactionReceipt?> ReceiptAsync(Bytes32 hash, CancellationToken cancel) =>
        CallAsync("eth_getTransactionReceipt", HashParameter(hash), ResultParser.Receipt, cancel);

    public Task<LogEntry[]> LogsAsync(LogFilter filter, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(filter);
        return CallAsync(
            "eth_getLogs",
            w => WriteFilter(w, filter),
            ResultParser.Logs,
            cancel,
            ChainLimits.LogsResponseBytesMax);
    }

    /// <summary>What the call returns.</summary>
    /// <exception cref="ChainException">Fault Reverted with the revert data.</exception>
    public Task<byte[]> CallAsync(CallRequest call, BlockTag block, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(call);
        return CallAsync(
            "eth_call",
            w =>
            {
                WriteCall(w, call);
                w.WriteStringValue(block.ToString());
            },
            r => JsonScalar.ReadData(r, "call"),
            cancel);
    }

    /// <summary>Many eth_calls at one endpoint, in few requests.</summary>
    internal static Task<RpcAnswer<byte[]>[]> CallsAsync(
        RpcEndpoint endpoint,
        IReadOnlyList<CallRequest> calls,
        BlockTag block,
        CancellationToken cancel)
    {
        Action<Utf8JsonWriter>[] parameters = new Action<Utf8JsonWriter>[calls.Count];
        for (int i = 0; i < parameters.Length; i++)
        {
            CallRequest call = calls[i];
            parameters[i] = w =>
            {
                WriteCall(w, call);
                w.WriteStringValue(block.ToString());
            };
        }

        return endpoint.BatchAsync(
            "eth_call", parameters, r => JsonScalar.ReadData(r, "call"), cancel);
    }

    /// <summary>A block, by one endpoint; null where it has none.</summary>
    internal static Task<BlockHeader?> BlockAsync(
        RpcEndpoint endpoint, BlockTag block, CancellationToken cancel) =>
        endpoint.CallAsync(
            "eth_getBlockByNumber",
            BlockParameters(block),
            ResultParser.Block,
            ChainLimits.ResponseBytesMax,
            cancel);

    /// <summary>Offers the signed bytes to every endpoint: one that keeps them is enough.
    /// </summary>
    /// <returns>The hash, by the first endpoint that took them.</returns>
    /// <exception cref="ChainException">None took them; the error of one that understood the
    /// request goes before one of transport, and says whether another may have them all the same.
    /// </exception>
    public async Task<Bytes32> SendRawAsync(
        ReadOnlyMemory<byte> transaction, CancellationToken cancel)
    {
        Bytes32? hash = null;
        ChainException? last = null;
        bool mayHave = false;
        string hex = Hex.Encode(transaction.Span);
        foreach (RpcEndpoint endpoint in InOrder())
        {
            try
            {
                Bytes32 taken = await endpoint
                    .CallAsync(
                        "eth_sendRawTransaction",
                        w => w.WriteStringValue(hex),
                        r => JsonScalar.ReadBytes32(r, "hash"),
                        ChainLimits.ResponseBytesMax,
                        cancel)
                    .ConfigureAwait(false);
                hash ??= taken;
            }
            catch (ChainException e)
            {
                last = last is null || last.IsTransient ? e : last;
                mayHave |= MayHaveArrived(e);
            }
        }

        return hash ?? throw Untaken(last ?? AllQuarantined(), mayHave);
    }

    /// <summary>The lowest count that any endpoint gives: what all agree is spent. Endpoints that
    /// do not answer are left out.</summary>
    /// <exception cref="ChainException">None answered.</exception>
    public Task<ulong> NonceEverywhereAsync(
        Address account, BlockTag block, CancellationToken cancel) => PatientlyAsync(
            "eth_getTransactionCount",
            async () => (await NonceRangeAsync(account, block, cancel).ConfigureAwait(false)).Low,
            cancel);

    private static void NoParameters(Utf8JsonWriter writer)
    {
    }

    private static Action<Utf8JsonWriter> HashParameter(Bytes32 hash) =>
        w => w.WriteStringValue(hash.ToString());

    private static Action<Utf8JsonWriter> BlockParameters(BlockTag block) => w =>
    {
        w.WriteStringValue(block.ToString());
        w.WriteBooleanValue(false);
    };

    private static Action<Utf8JsonWriter> AccountParameters(Address account, BlockTag block) =>
        w =>
        {
            w.WriteStringValue(Hex.Encode(account.Span));
            w.WriteStringValue(block.ToString());
        };

    private static void WriteCall(Utf8JsonWriter writer, CallRequest call)
    {
        writer.WriteStartObject();
        writer.WriteString("from"u8, Hex.Encode(call.From.Span));
        if (call.To is Address to)
        {
            writer.WriteString("to"u8, Hex.Encode(to.Span));
        }

        writer.WriteString("input"u8, Hex.Encode(call.Data));
        if (call.Value != UInt128.Zero)
        {
            writer.WriteString(
                "value"u8, "0x" + call.Value.ToString("x", CultureInfo.InvariantCulture));
        }

        if (call.Gas != 0)
        {
            writer.WriteString(
                "gas"u8, "0x" + call.Gas.ToString("x", CultureInfo.InvariantCulture));
        }

        writer.WriteEndObject();
    }

    private static void WriteFilter(Utf8JsonWriter writer, LogFilter filter)
    {
        writer.WriteStartObject();
        writer.WriteString("address"u8, Hex.Encode(filter.Contract.Span));
        writer.WriteString("fromBlock"u8, BlockTag.Number(filter.FromBlock).ToString());
        writer.WriteString("toBlock"u8, BlockTag.Number(filter.ToBlock).ToString());
        writer.WriteStartArray("topics"u8);
        foreach (IReadOnlyCollection<Bytes32> accepted in filter.Topics)
        {
            if (accepted.Count == 0)
            {
                writer.WriteNullValue();
                continue;
            }

            writer.WriteStartArray();
            foreach (Bytes32 topic in accepted)
            {
                writer.WriteStringValue(topic.ToString());
            }

            writer.WriteEndArray();
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    }
}
