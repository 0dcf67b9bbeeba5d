using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Reflection;
using ComputeVoucher.TestKit;

namespace ComputeVoucher.Vouchers.Tests;

/// <summary>The tables of PROTOCOL.md about statements, orders and refusals equal the code.
/// </summary>
public sealed class ProtocolPageTests
{
    private static readonly MethodInfo s_typeOf = typeof(ProtocolPageTests)
        .GetMethod(nameof(TypeOf), BindingFlags.NonPublic | BindingFlags.Static)!;

    [Fact]
    public void Structs_AreThoseOfTheCode()
    {
        IEnumerable<string> page = ProtocolPage.Rows("| struct | type text | signed by | bytes |")
            .Select(row => $"{row[0]}: {row[1].Trim('`')}: {row[3]}");
        IEnumerable<string> code = Structs()
            .Select(type => $"{type.Name}: {type.Text}: {type.PayloadBytes}");
        Assert.Equal(code.Order(), page.Order());
    }

    [Fact]
    public void Payloads_AreAsLongAsTheirParts()
    {
        Dictionary<string, int> signed = Structs()
            .ToDictionary(type => $"{type.Name}, signed", type => type.PayloadBytes + 64);
        string[][] rows = ProtocolPage.Rows("| frame | payload | bytes | answered by |");
        int seen = 0;
        foreach (string[] row in rows)
        {
            string[] parts = [.. row[1].Split('‖').Select(part => part.Trim())];
            if (signed.TryGetValue(parts[0], out int bytes))
            {
                string more = parts.Length == 1 ? ""
                    : parts[1] == $"`{FieldLayout<OpeningPlace>.Text}`"
                    ? $" + {OpeningPlace.PayloadBytes}"
                    : " + bytes";
                Assert.Equal((row[0], $"{bytes}{more}"), (row[0], row[2]));
                seen++;
            }
        }

        Assert.Equal(11, seen);
        Assert.Equal(
            ("`bytes32 channel,uint128 cumUnits`", "48"), Row(rows, "AckStored"));
        Assert.Equal(FieldLayout<AckStored>.Text, Row(rows, "AckStored").Payload.Trim('`'));
        Assert.Equal(48, AckStored.PayloadBytes);
        int order = signed["Order, signed"];
        Assert.Equal($"{order + 2} + input", Row(rows, "Order").Bytes);
        Assert.StartsWith($"{Order.PayloadBytes} as u16 ‖", Row(rows, "Order").Payload,
            StringComparison.Ordinal);
        Assert.Equal(
            $"{new StateMessage(default, null, 0, []).Encode().Length} + "
                + $"{order + signed["Receipt, signed"]} n",
            Row(rows, "State").Bytes);
    }

    [Fact]
    public void Flags_AreThoseOfTheCode() => Assert.Equal(
        Enum.GetValues<OrderFlags>().Where(flag => flag != OrderFlags.None)
            .Select(flag => ($"{(byte)flag}", $"{flag}")),
        ProtocolPage.Rows("| value | flag | meaning |").Select(row => (row[0], row[1])));

    [Fact]
    public void Rules_AreAskedInTheOrderOfThePage() => Assert.Equal(
        OrderRules.All.ToArray().Select(rule => (rule.Name, rule.AppliesToReplay ? "yes" : "no")),
        ProtocolPage.Rows("| rule | also of an order that is stored already |")
            .Select(row => (row[0], row[1])));

    [Fact]
    public void Limits_AreThoseOfTheCode()
    {
        ServicePolicy policy = new();
        Dictionary<string, UInt128> code = new()
        {
            ["UnitsMax"] = VoucherLimits.UnitsMax,
            ["SequenceWindow"] = VoucherLimits.SequenceWindow,
            ["EntriesMax"] = StateMessage.EntriesMax,
            ["ExpiryGraceSeconds"] = VoucherLimits.ExpiryGraceSeconds,
            ["RedeemMarginSeconds"] = policy.RedeemMarginSeconds,
            ["OrderHorizonSeconds"] = policy.OrderHorizonSeconds,
            ["BudgetStartUnits"] = policy.BudgetStartUnits,
            ["BudgetGrowthPermille"] = policy.BudgetGrowthPermille,
            ["BudgetUnitsMax"] = policy.BudgetUnitsMax,
            ["NodeUnackedUnitsMax"] = policy.NodeUnackedUnitsMax,
            ["NodeInputBytesMax"] = (UInt128)policy.NodeInputBytesMax,
            ["KeyInputBytesMax"] = (UInt128)policy.KeyInputBytesMax,
            ["DeadlineAheadSecondsMax"] = CourtLimits.DeadlineAheadSecondsMax,
        };
        Assert.Equal(
            code, ProtocolPage.Rows("| limit | value | unit | set by |")
                .Where(row => row[0] != "InputBytesMax").ToDictionary(
                row => row[0], row => UInt128.Parse(row[1], CultureInfo.InvariantCulture)));
    }

    [Fact]
    public void Refusals_AreThoseOfTheCode() => Assert.Equal(
        Enum.GetValues<RefusalReason>().Where(reason => reason != RefusalReason.None)
            .Select(reason => string.Join(" | ", (ushort)reason, reason,
                YesNo(reason.IsRetryable()), YesNo(reason.IsAbusive()),
                Refusals.Describe(reason))),
        ProtocolPage.Rows("| number | reason | retryable | abusive | sentence |")
            .Select(row => string.Join(" | ", row)));

    private static string YesNo(bool holds) => holds ? "yes" : "no";

    private static (string Payload, string Bytes) Row(string[][] rows, string frame)
    {
        string[] row = Assert.Single(rows, row => row[0] == frame);
        return (row[1], row[2]);
    }

    private static List<(string Name, string Text, int PayloadBytes)> Structs() =>
    [
        .. typeof(Order).Assembly.GetTypes()
            .Where(type => type.IsValueType && type.GetInterfaces()
                .Any(face => face.Name == typeof(ISignedStruct<>).Name))
            .Select(type => ((string, string, int))s_typeOf.MakeGenericMethod(type)
                .Invoke(null, null)!),
    ];

    private static (string Name, string Text, int PayloadBytes) TypeOf<T>()
        where T : struct, ISignedStruct<T> => (
            T.TypeName, $"{T.TypeName}({FieldLayout<T>.Text})", FieldLayout<T>.PayloadBytes);
}
