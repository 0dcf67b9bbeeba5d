using System;
using System.Collections.Generic;
using System.Globalization;
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
public sealed class SimulatedChain(VoucherDomain domain, Prng random, int failuresPercent)
{
    private readonly List<(ulong Block, ChannelTerms Terms, UInt128 Units)> _opened = [];

    /// <summary>Number of the newest block.</summary>
    public ulong Head { get; private set; } = 1;

    /// <summary>Requests that came.</summary>
    public int Requests { get; private set; }

    /// <summary>Transactions that were offered; none is ever mined.</summary>
    public List<byte[]> Sent { get; } = [];

    /// <summary>For <see cref="RpcOptions.HandlerFactory"/>.</summary>
    public HttpMessageHandler Connect() => new Handler(this);

    public void Mine() => Head++;

    /// <summary>Opens a channel in the next block.</summary>
    public void Open(in ChannelTerms terms, UInt128 units)
    {
        Mine();
        _opened.Add((Head, terms, units));
    }

    private HttpResponseMessage Answer(byte[] body)
    {
        Requests++;
        if (random.Chance(failuresPercent))
        {
            return new HttpResponseMessage(HttpStatusCode.ServiceUnavailable)
            {
                Content = new ByteArrayContent([]),
            };
        }

        using JsonDocument request = JsonDocument.Parse(body);
        string result = Result(
            request.RootElement.GetProperty("method").GetString()!,
            request.RootElement.GetProperty("params"));
        int id = request.RootElement.GetProperty("id").GetInt32();
        string text = $$"""{"jsonrpc":"2.0","id":{{id}},"result":{{result}}}""";
        return new HttpResponseMessage(HttpStatusCode.OK)
        {
            Content = new ByteArrayContent(Encoding.UTF8.GetBytes(text)),
        };
    }

    private string Result(string method, JsonElement parameters) => method switch
    {
        "eth_chainId" => Quantity(domain.ChainId),
        "eth_getCode" => "\"0x60\"",
        "eth_getTransactionCount" => Quantity(0),
        "eth_getBlockByNumber" => Block(NumberOf(parameters[0].GetString()!)),
        "eth_getTransactionReceipt" or "eth_getTransactionByHash" => "null",
        "eth_maxPriorityFeePerGas" => Quantity(1),
        "eth_feeHistory" => "{}",
        "eth_estimateGas" => Quantity(50_000),
        "eth_sendRawTransaction" => Take(Hex.Decode(parameters[0].GetString()!)),
        "eth_getLogs" => Logs(parameters[0]),
        "eth_call" => Call(
            Hex.Decode(parameters[0].GetProperty("input").GetString()!),
            NumberOf(parameters[1].GetString()!)),
        _ => throw new NotSupportedException(method),
    };

    private string Take(byte[] raw)
    {
        Sent.Add(raw);
        return $"\"{Keccak256.Hash(raw)}\"";
    }

    private string Block(ulong number) => number > Head
        ? "null"
        : $$"""
          {"number":{{Quantity(number)}},"hash":"{{HashOf(number)}}",
          "parentHash":"{{HashOf(number - 1)}}","timestamp":{{Quantity(12 * number)}},
          "gasLimit":"0x1c9c380","gasUsed":"0x0","baseFeePerGas":"0x1"}
          """;

    private string Logs(JsonElement filter)
    {
        ulong from = NumberOf(filter.GetProperty("fromBlock").GetString()!);
        ulong to = NumberOf(filter.GetProperty("toBlock").GetString()!);
        string wanted = filter.GetProperty("topics")[0].GetRawText();
        List<string> logs = [];
        foreach ((ulong block, ChannelTerms terms, UInt128 units) in _opened)
        {
            bool isAsked = block >= from && block <= to && wanted.Contains(
                ChannelOpenedEvent.Topic.ToString(), StringComparison.Ordinal);
            if (isAsked)
            {
                logs.Add(Log(block, terms, units));
            }
        }

        return $"[{string.Join(',', logs)}]";
    }

    private string Log(ulong block, ChannelTerms terms, UInt128 units)
    {
        byte[] data = new AbiWriter().Write(terms.SpendKey).Write(terms.ClassId).Write(terms.Salt)
            .Write(units).ToArray();
        return $$"""
            {"address":"{{Hex.Encode(domain.Vouchers.Span)}}","topics":[
            "{{ChannelOpenedEvent.Topic}}","{{terms.HashStruct()}}",
            "{{Word(terms.Holder)}}","{{Word(terms.Node)}}"],"data":"{{Hex.Encode(data)}}",
            "blockNumber":{{Quantity(block)}},"blockHash":"{{HashOf(block)}}",
            "transactionHash":"{{HashOf(block)}}","logIndex":"0x0"}
            """;
    }

    /// <summary>channel(id) and aux(id); nothing is ever redeemed or thawed.</summary>
    private string Call(byte[] call, ulong block)
    {
        AbiWriter answer = new();
        Bytes32 id = new(call.AsSpan(4));
        bool isChannel = call.AsSpan(0, 4).SequenceEqual(
            new AbiWriter().ToCall(VouchersAbi.Channel.Selector));
        if (isChannel)
        {
            UInt128 locked = 0;
            foreach ((ulong opened, ChannelTerms terms, UInt128 units) in _opened)
            {
                locked = opened <= block && terms.HashStruct() == id ? units : locked;
            }

            answer.Write(locked).Write(UInt128.Zero);
        }
        else
        {
            answer.Write(0UL).Write(0UL).Write(0UL);
        }

        return $"\"{Hex.Encode(answer.ToArray())}\"";
    }

    private ulong NumberOf(string tag) => tag is "latest" or "finalized"
        ? Head
        : ulong.Parse(tag.AsSpan(2), NumberStyles.HexNumber, CultureInfo.InvariantCulture);

    private static string Quantity(ulong value) =>
        $"\"0x{value.ToString("x", CultureInfo.InvariantCulture)}\"";

    private static string Word(in Address address) =>
        Hex.Encode(new AbiWriter().Write(address).ToArray());

    private static Bytes32 HashOf(ulong block) =>
        Keccak256.Hash(BitConverter.GetBytes(block));

    private sealed class Handler(SimulatedChain chain) : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(
            HttpRequestMessage request, CancellationToken cancellationToken)
        {
            // Bytes in memory: nothing here waits.
            byte[] body = request.Content!.ReadAsByteArrayAsync(cancellationToken)
                .GetAwaiter().GetResult();
            return Task.FromResult(chain.Answer(body));
        }
    }
}
