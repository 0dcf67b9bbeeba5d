using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Net;
using System.Net.Http;
using System.Text;
using System.Text.Json;
using System.Threading;
using System.Threading.Tasks;
using ComputeVoucher.Chain;
using ComputeVoucher.ModelFiles;
using ComputeVoucher.Primitives;
using ComputeVoucher.Vouchers;

namespace ComputeVoucher.TestKit;

/// <summary>
/// A chain in place of the network: blocks come when the test says so, channels are opened in a
/// block, and a seed decides which requests fail. It answers on the thread that asks.
/// </summary>
public sealed partial class SimulatedChain(VoucherDomain domain, Prng random, int failuresPercent)
{
    private const ulong InventedUnits = 1_000_000_000;

    private readonly Dictionary<Bytes32, List<(ulong Block, ChannelAmounts Amounts)>> _channels =
        [];

    private readonly List<(ulong Block, Bytes32 Kind, string Json)> _logs = [];

    /// <summary>Number of the newest block.</summary>
    public ulong Head { get; private set; } = 1;

    /// <summary>Blocks by which finality lies behind the head.</summary>
    public ulong FinalLag { get; set; }

    /// <summary>Unix seconds of block 0; a block follows 12 s after the one before.</summary>
    public ulong Genesis { get; set; }

    /// <summary>Requests that came.</summary>
    public int Requests { get; private set; }

    /// <summary>Calls of a method, those in batches as well.</summary>
    public Dictionary<string, int> Calls { get; } = [];

    /// <summary>An error object instead of an answer; null answers.</summary>
    public Func<string, JsonElement, string?>? Refuse { get; set; }

    /// <summary>Transactions that were offered, once for each endpoint.</summary>
    public List<byte[]> Sent { get; } = [];

    /// <summary>For <see cref="RpcOptions.HandlerFactory"/>.</summary>
    public HttpMessageHandler Connect() => Connect(new SimulatedView());

    /// <summary>The same chain through an endpoint that does not tell all of it.</summary>
    public HttpMessageHandler Connect(SimulatedView view) => new Handler(this, view);

    public void Mine(ulong blocks = 1)
    {
        for (; blocks > 0 && _pool.Count > 0; blocks--)
        {
            Head++;
            Include();
        }

        Head += blocks;
    }

    /// <summary>Opens a channel in the next block.</summary>
    public void Open(in ChannelTerms terms, UInt128 units)
    {
        Mine();
        OpenHere(terms, units);
    }

    /// <summary>Opens a channel in the newest block, or adds to one that is open; its event says
    /// what is locked then.</summary>
    public void OpenHere(in ChannelTerms terms, UInt128 units)
    {
        Bytes32 id = terms.HashStruct();
        if (!_channels.TryGetValue(
            id, out List<(ulong Block, ChannelAmounts Amounts)>? history))
        {
            _channels[id] = history = [(0, default)];
        }

        ChannelAmounts before = history[^1].Amounts;
        ChannelAmounts now = before with { Locked = before.Locked + units };
        history.Add((Head, now));
        _logs.Add((Head, ChannelOpenedEvent.Topic, Opening(Head, terms, now.Locked)));
    }

    /// <summary>Adds units in the next block.</summary>
    public void TopUp(in ChannelTerms terms, UInt128 units)
    {
        ChannelAmounts now = Change(terms, a => a with { Locked = a.Locked + units });
        byte[] data = new AbiWriter().Write(units).Write(now.Locked).ToArray();
        Add(VouchersAbi.ToppedUp.Topic, [terms.HashStruct().ToString(), Word(terms.Node)], data);
    }

    /// <summary>Starts a thaw in the next block.</summary>
    public void Thaw(in ChannelTerms terms, ulong thawAt)
    {
        Change(terms, a => a with { ThawAt = thawAt });
        Add(VouchersAbi.ThawStarted.Topic, [terms.HashStruct().ToString(), Word(terms.Node)],
            new AbiWriter().Write(thawAt).ToArray());
    }

    /// <summary>Ends a channel in the next block: what is not redeemed goes back.</summary>
    public void Withdraw(in ChannelTerms terms)
    {
        ChannelAmounts now = Change(terms, a => new ChannelAmounts(
            a.Redeemed, a.Redeemed, ChannelAmounts.ClosedThawAt));
        Add(VouchersAbi.Withdrawn.Topic, [terms.HashStruct().ToString(), Word(terms.Node)],
            new AbiWriter().Write(now.Redeemed).Write(now.Redeemed).ToArray());
    }

    /// <summary>What a channel holds in the newest block.</summary>
    public ChannelAmounts Amounts(in Bytes32 channel) => AmountsAt(channel, Head);

    /// <summary>A BatchRedeemed of a class in the next block, that says what moved.</summary>
    public void Redeem(in Bytes32 classId, ulong bitmap)
    {
        Mine();
        Add(BatchRedeemedEvent.Topic, [Word(default), classId.ToString(), Word(default)],
            new AbiWriter().Write(bitmap).Write(bitmap).Write(0UL).ToArray());
    }

    private ChannelAmounts Change(
        in ChannelTerms terms, Func<ChannelAmounts, ChannelAmounts> change)
    {
        Mine();
        List<(ulong Block, ChannelAmounts Amounts)> history = _channels[terms.HashStruct()];
        ChannelAmounts now = change(history[^1].Amounts);
        history.Add((Head, now));
        return now;
    }

    private void Add(in Bytes32 kind, string[] topics, byte[] data) =>
        _logs.Add((Head, kind, LogOf(Head, kind, topics, data)));

    private string LogOf(
        ulong block, in Bytes32 kind, string[] topics, byte[] data, Bytes32? by = null) => $$"""
        {"address":"{{Hex.Encode(domain.Vouchers.Span)}}","topics":[
        "{{kind}}","{{string.Join("\",\"", topics)}}"],"data":"{{Hex.Encode(data)}}",
        "blockNumber":{{Quantity(block)}},"blockHash":"{{HashOf(block)}}",
        "transactionHash":"{{by ?? HashOf(block)}}",
        "logIndex":{{Quantity((ulong)_logs.Count)}}}
        """;

    private string Opening(ulong block, in ChannelTerms terms, UInt128 units) => LogOf(
        block,
        ChannelOpenedEvent.Topic,
        [terms.HashStruct().ToString(), Word(terms.Holder), Word(terms.Node)],
        new AbiWriter().Write(terms.SpendKey).Write(terms.ClassId).Write(terms.Salt).Write(units)
            .ToArray());

    private HttpResponseMessage Answer(byte[] body, SimulatedView view)
    {
        Requests++;
        if (view.IsAway || random.Chance(failuresPercent))
        {
            return new HttpResponseMessage(HttpStatusCode.ServiceUnavailable)
            {
                Content = new ByteArrayContent([]),
            };
        }

        using JsonDocument request = JsonDocument.Parse(body);
        bool isBatch = request.RootElement.ValueKind == JsonValueKind.Array;
        string text = isBatch && view.RefusesBatches
            ? """{"jsonrpc":"2.0","id":null,"error":{"code":-32600,"message":"no batches"}}"""
            : isBatch ? $"[{string.Join(',', Each(request.RootElement, view))}]"
            : Reply(request.RootElement, view);
        return new HttpResponseMessage(HttpStatusCode.OK)
        {
            Content = new ByteArrayContent(Encoding.UTF8.GetBytes(text)),
        };
    }

    private IEnumerable<string> Each(JsonElement requests, SimulatedView view) =>
        requests.EnumerateArray().Select(request => Reply(request, view));

    private string Reply(JsonElement request, SimulatedView view)
    {
        string method = request.GetProperty("method").GetString()!;
        Calls[method] = Calls.GetValueOrDefault(method) + 1;
        int id = request.GetProperty("id").GetInt32();
        JsonElement parameters = request.GetProperty("params");
        string? error = Refuse?.Invoke(method, parameters) ?? Refusal(method, parameters, view);
        string answer = error is not null
            ? $"\"error\":{error}"
            : $"\"result\":{Result(method, parameters, view)}";
        return $$"""{"jsonrpc":"2.0","id":{{id}},{{answer}}}""";
    }

    private string Result(
        string method, JsonElement parameters, SimulatedView view) => method switch
    {
        "eth_chainId" => Quantity(domain.ChainId),
        "eth_getCode" => $"\"{CompiledContract.CodeAt(domain, parameters[0].GetString()!)}\"",
        "eth_getTransactionCount" => Quantity(Count(parameters, view)),
        "eth_getBlockByNumber" => Block(NumberOf(parameters[0].GetString()!, view), view),
        "eth_getTransactionReceipt" => ReceiptOf(parameters, view),
        "eth_getTransactionByHash" => DescriptionOf(parameters, view),
        "eth_maxPriorityFeePerGas" => Quantity(TipOf(view)),
        "eth_feeHistory" => HistoryOf(view),
        "eth_estimateGas" => Quantity(view.Gas ?? GasOf(DataOf(parameters))),
        "eth_sendRawTransaction" =>
            $"\"{Keccak256.Hash(Hex.Decode(parameters[0].GetString()!))}\"",
        "eth_blockNumber" => Quantity(HeadOf(view)),
        "eth_getLogs" => Logs(parameters[0], view),
        "eth_call" => Call(
            Hex.Decode(parameters[0].GetProperty("input").GetString()!),
            NumberOf(parameters[1].GetString()!, view),
            view),
        _ => throw new NotSupportedException(method),
    };

    private string Block(ulong number, SimulatedView view) => number > HeadOf(view)
        ? "null"
        : $$"""
          {"number":{{Quantity(number)}},"hash":"{{HashOf(number)}}",
          "parentHash":"{{HashOf(number - 1)}}",
          "timestamp":{{Quantity(Genesis + (12 * Math.Min(number, Head)))}},
          "gasLimit":"0x1c9c380","gasUsed":"0x0",
          "baseFeePerGas":{{Quantity(view.Price ?? BaseFee)}}}
          """;

    private string Logs(JsonElement filter, SimulatedView view)
    {
        ulong from = NumberOf(filter.GetProperty("fromBlock").GetString()!, view);
        ulong to = NumberOf(filter.GetProperty("toBlock").GetString()!, view);
        string wanted = filter.GetProperty("topics")[0].GetRawText();
        List<string> logs = [];
        foreach ((ulong block, Bytes32 kind, string json) in _logs)
        {
            bool isThere = block >= from && block <= to && block <= HeadOf(view);
            bool isAsked = isThere && !view.HidesLogs && wanted.Contains(
                kind.ToString(), StringComparison.Ordinal);
            if (isAsked)
            {
                logs.Add(json);
            }
        }

        // As old as whoever asks wants to know.
        if (view.Invented is { } invented && IsAsked(ChannelOpenedEvent.Topic))
        {
            logs.Add(Opening(from, invented, InventedUnits));
        }

        if (view.Inflated is { } inflated && IsAsked(VouchersAbi.ToppedUp.Topic))
        {
            UInt128 locked = Amounts(inflated.HashStruct()).Locked + InventedUnits;
            logs.Add(LogOf(
                from,
                VouchersAbi.ToppedUp.Topic,
                [inflated.HashStruct().ToString(), Word(inflated.Node)],
                new AbiWriter().Write(InventedUnits).Write(locked).ToArray()));
        }

        bool IsAsked(in Bytes32 kind) =>
            from <= HeadOf(view) && wanted.Contains(kind.ToString(), StringComparison.Ordinal);

        return $"[{string.Join(',', logs)}]";
    }

    /// <summary>channel(id) and aux(id); providerOf knows nobody.</summary>
    private string Call(byte[] call, ulong block, SimulatedView view)
    {
        if (new FunctionSelector(0x21338b38).Starts(call))
        {
            return $"\"{Word(default)}\"";
        }

        if (VouchersAbi.RedeemBatch.Selector.Starts(call))
        {
            return Simulation(call, block, view);
        }

        AbiWriter answer = new();
        Bytes32 id = new(call.AsSpan(4));
        ChannelAmounts amounts = AmountsAt(id, block);
        if (VouchersAbi.Channel.Selector.Starts(call))
        {
            bool isInvented = view.Invented?.HashStruct() == id;
            amounts = isInvented ? new ChannelAmounts(InventedUnits, 0, 0)
                : view.Inflated?.HashStruct() == id && !amounts.IsClosed
                    ? amounts with { Locked = amounts.Locked + InventedUnits }
                : amounts;
            answer.Write(amounts.Locked)
                .Write(view.SaysRedeemed ? amounts.Locked : amounts.Redeemed);
        }
        else
        {
            ulong thawAt = view.HidesThaws ? 0 : view.Thaws ?? amounts.ThawAt;
            answer.Write(thawAt).Write(0UL).Write(0UL);
        }

        return $"\"{Hex.Encode(answer.ToArray())}\"";
    }

    private ChannelAmounts AmountsAt(in Bytes32 channel, ulong block)
    {
        ChannelAmounts amounts = default;
        if (_channels.TryGetValue(
            channel, out List<(ulong Block, ChannelAmounts Amounts)>? history))
        {
            foreach ((ulong since, ChannelAmounts then) in history)
            {
                amounts = since <= block ? then : amounts;
            }
        }

        return amounts;
    }

    private ulong HeadOf(SimulatedView view) => view.Lead + Math.Min(view.FrozenAt, Head);

    private ulong NumberOf(string tag, SimulatedView view) => tag switch
    {
        "latest" => HeadOf(view),
        "finalized" => HeadOf(view) - Math.Min(HeadOf(view), FinalLag),
        _ => ulong.Parse(tag.AsSpan(2), NumberStyles.HexNumber, CultureInfo.InvariantCulture),
    };

    private static string Quantity(ulong value) =>
        $"\"0x{value.ToString("x", CultureInfo.InvariantCulture)}\"";

    private static string Word(in Address address) =>
        Hex.Encode(new AbiWriter().Write(address).ToArray());

    private static Bytes32 HashOf(ulong block) =>
        Keccak256.Hash(BitConverter.GetBytes(block));

    private sealed class Handler(SimulatedChain chain, SimulatedView view) : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(
            HttpRequestMessage request, CancellationToken cancellationToken)
        {
            // Bytes in memory: nothing here waits.
            byte[] body = request.Content!.ReadAsByteArrayAsync(cancellationToken)
                .GetAwaiter().GetResult();
            return Task.FromResult(chain.Answer(body, view));
        }
    }
}
