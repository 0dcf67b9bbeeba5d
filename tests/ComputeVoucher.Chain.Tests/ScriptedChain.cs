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
using ComputeVoucher.Primitives;
using ComputeVoucher.TestKit;

namespace ComputeVoucher.Chain.Tests;

/// <summary>An endpoint whose every word a test writes: prices, counts, what its pool refuses,
/// which receipts it has.</summary>
internal sealed class ScriptedChain
{
    public const ulong Gwei = 1_000_000_000;

    private readonly Dictionary<Bytes32, string> _receipts = [];

    /// <summary>A block is there with all that it changes, also for who asks meanwhile.</summary>
    private readonly Lock _gate = new();

    public ulong Head { get; set; } = 100;

    /// <summary>Wei per gas.</summary>
    public ulong BaseFee { get; set; } = Gwei;

    /// <summary>eth_maxPriorityFeePerGas; null is "method not found".</summary>
    public ulong? Tip { get; set; } = Gwei;

    /// <summary>What every block of the history paid at both percentiles; null is empty blocks.
    /// </summary>
    public ulong? Paid { get; set; }

    public ulong Nonce { get; set; }

    public ulong Pending { get; set; }

    public ulong Gas { get; set; } = 100_000;

    public ulong DataFee { get; set; }

    /// <summary>Null where the chain knows the tag.</summary>
    public string? NoFinalized { get; set; }

    /// <summary>What eth_estimateGas refuses with; null where it answers.</summary>
    public string? Reverts { get; set; }

    /// <summary>Takes transactions and says nothing that can be read.</summary>
    public bool IsMute { get; set; }

    /// <summary>Methods that are answered with HTTP 429, this often each.</summary>
    public Dictionary<string, int> Busy { get; } = [];

    /// <summary>Told of every method before it is answered.</summary>
    public Action<string> Asked { get; set; } = _ => { };

    /// <summary>Wei of every account.</summary>
    public UInt128 Balance { get; set; }

    /// <summary>What the pool says to a transaction; null takes it.</summary>
    public Func<Transaction, string?> Refuse { get; set; } = _ => null;

    /// <summary>Every transaction that was offered, taken or not.</summary>
    public List<Transaction> Offered { get; } = [];

    /// <summary>Those that the pool took.</summary>
    public List<Bytes32> Pool { get; } = [];

    /// <summary>The parameters of every estimate.</summary>
    public List<string> Estimates { get; } = [];

    /// <summary>Clients of these endpoints, in this order.</summary>
    public static JsonRpcClient Connect(ManualClock clock, params ScriptedChain[] chains) =>
        Connect(clock, TimeSpan.Zero, chains);

    /// <summary>As above, for a caller that would rather wait than fail. No request is ever late:
    /// the clock may go on while one is under way.</summary>
    public static JsonRpcClient Connect(
        ManualClock clock, TimeSpan patience, params ScriptedChain[] chains) => new(
        new RpcOptions
        {
            Endpoints = [.. chains.Select((_, i) => new Uri($"http://chain{i}.invalid/"))],
            EndpointRest = TimeSpan.Zero,
            Patience = patience,
            Deadline = patience > TimeSpan.Zero
                ? TimeSpan.FromDays(1)
                : ChainLimits.RequestDeadline,
            HandlerFactory = () => new Handler(chains),
        },
        clock);

    public static string Quantity(UInt128 value) =>
        $"\"0x{value.ToString("x", CultureInfo.InvariantCulture)}\"";

    /// <summary>Mines it in a new block, with one log or none.</summary>
    public void Mine(
        Bytes32 hash,
        Address from,
        Address? to,
        (Address Contract, Bytes32[] Topics, byte[] Data)? log = null)
    {
        using Lock.Scope whole = _gate.EnterScope();
        Head++;
        Nonce++;
        Pending = Math.Max(Pending, Nonce);
        string logs = log is { } l
            ? $$"""
              {"address":"{{Hex.Encode(l.Contract.Span)}}","topics":[
              {{string.Join(',', l.Topics.Select(t => $"\"{t}\""))}}],
              "data":"{{Hex.Encode(l.Data)}}","blockNumber":{{Quantity(Head)}},
              "blockHash":"{{HashOf(Head)}}","transactionHash":"{{hash}}","logIndex":"0x0"}
              """
            : "";
        _receipts[hash] = $$"""
            {"transactionHash":"{{hash}}","blockNumber":{{Quantity(Head)}},
            "blockHash":"{{HashOf(Head)}}","transactionIndex":"0x0",
            "from":"{{Hex.Encode(from.Span)}}",
            "to":{{(to is { } t ? $"\"{Hex.Encode(t.Span)}\"" : "null")}},
            "contractAddress":null,"status":"0x1","gasUsed":"0xc350",
            "effectiveGasPrice":{{Quantity(BaseFee)}},"logs":[{{logs}}]}
            """;
    }

    /// <summary>Any text in place of a receipt.</summary>
    public void SetReceipt(Bytes32 hash, string json) => _receipts[hash] = json;

    private static Bytes32 HashOf(ulong block) => Keccak256.Hash(BitConverter.GetBytes(block));

    private string Answer(string method, JsonElement parameters)
    {
        using Lock.Scope whole = _gate.EnterScope();
        Asked(method);
        return AnswerOf(method, parameters);
    }

    private string AnswerOf(string method, JsonElement parameters) => method switch
    {
        "eth_chainId" => Quantity(AnvilFixture.ChainId),
        "eth_getBlockByNumber" => Block(parameters[0].GetString()!),
        "eth_getTransactionCount" =>
            Quantity(parameters[1].GetString() == "pending" ? Pending : Nonce),
        "eth_maxPriorityFeePerGas" => Tip is { } tip
            ? Quantity(tip)
            : throw new NotSupportedException("the method does not exist"),
        "eth_feeHistory" => Paid is { } paid
            ? $$"""{"reward":[[{{Quantity(paid)}},{{Quantity(paid)}}]],"gasUsedRatio":[0.5]}"""
            : """{"reward":[["0x0","0x0"]],"gasUsedRatio":[0]}""",
        "eth_estimateGas" => Estimate(parameters),
        "eth_call" => $"\"{Hex.Encode(new AbiWriter().Write(DataFee).ToArray())}\"",
        "eth_getBalance" => Quantity(Balance),
        "eth_sendRawTransaction" => Offer(Hex.Decode(parameters[0].GetString()!)),
        "eth_getTransactionReceipt" =>
            _receipts.GetValueOrDefault(Bytes32.Parse(parameters[0].GetString()), "null"),
        "eth_getTransactionByHash" => Known(Bytes32.Parse(parameters[0].GetString())),
        _ => throw new NotSupportedException(method),
    };

    private bool IsBusy(string method)
    {
        bool isBusy = Busy.GetValueOrDefault(method) > 0;
        Busy[method] = Busy.GetValueOrDefault(method) - (isBusy ? 1 : 0);
        return isBusy;
    }

    private string Block(string tag)
    {
        if (tag == "finalized" && NoFinalized is { } refusal)
        {
            throw new NotSupportedException(refusal);
        }

        ulong number = tag == "latest" ? Head : tag == "finalized" ? Head - 2
            : ulong.Parse(tag.AsSpan(2), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
        return $$"""
            {"number":{{Quantity(number)}},"hash":"{{HashOf(number)}}",
            "parentHash":"{{HashOf(number - 1)}}","timestamp":{{Quantity(12 * number)}},
            "gasLimit":"0x1c9c380","gasUsed":"0x0","baseFeePerGas":{{Quantity(BaseFee)}}}
            """;
    }

    private string Estimate(JsonElement parameters)
    {
        Estimates.Add(parameters.GetRawText());
        return Reverts is null ? Quantity(Gas) : throw new NotSupportedException(Reverts);
    }

    private string Offer(byte[] raw)
    {
        Transaction offered = SignedBytes.Read(raw, out _);
        Offered.Add(offered);
        if (IsMute)
        {
            return "7";
        }

        if (Refuse(offered) is { } refusal)
        {
            throw new NotSupportedException(refusal);
        }

        Bytes32 hash = Keccak256.Hash(raw);
        if (!Pool.Contains(hash))
        {
            Pool.Add(hash);
        }

        Pending = Math.Max(Pending, offered.Nonce + 1);
        return $"\"{hash}\"";
    }

    private string Known(Bytes32 hash) => !Pool.Contains(hash)
        ? "null"
        : $$"""
          {"hash":"{{hash}}","blockNumber":null,"from":"{{Hex.Encode(new byte[20])}}","to":null,
          "nonce":"0x0","value":"0x0","gas":"0x0","input":"0x"}
          """;

    private sealed class Handler(ScriptedChain[] chains) : HttpMessageHandler
    {
        protected override async Task<HttpResponseMessage> SendAsync(
            HttpRequestMessage request, CancellationToken cancellationToken)
        {
            string host = request.RequestUri!.Host["chain".Length..^".invalid".Length];
            ScriptedChain chain = chains[int.Parse(host, CultureInfo.InvariantCulture)];
            byte[] body = await request.Content!.ReadAsByteArrayAsync(cancellationToken);
            using JsonDocument document = JsonDocument.Parse(body);
            int id = document.RootElement.GetProperty("id").GetInt32();
            string method = document.RootElement.GetProperty("method").GetString()!;
            if (chain.IsBusy(method))
            {
                return new HttpResponseMessage(HttpStatusCode.TooManyRequests);
            }

            string answer;
            try
            {
                answer = "\"result\":" + chain.Answer(
                    method, document.RootElement.GetProperty("params"));
            }
            catch (NotSupportedException e)
            {
                answer = $$"""
                    "error":{"code":-32000,"message":"{{e.Message}}"}
                    """;
            }

            string text = $$"""{"jsonrpc":"2.0","id":{{id}},{{answer}}}""";
            return new HttpResponseMessage(HttpStatusCode.OK)
            {
                Content = new ByteArrayContent(Encoding.UTF8.GetBytes(text)),
            };
        }
    }
}
