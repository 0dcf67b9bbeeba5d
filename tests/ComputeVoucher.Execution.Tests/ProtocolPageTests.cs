using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Text;
using ComputeVoucher.Execution.Graphs;
using ComputeVoucher.Primitives;
using ComputeVoucher.TestKit;

namespace ComputeVoucher.Execution.Tests;

/// <summary>The tables of PROTOCOL.md about units and records equal the code.</summary>
public sealed class ProtocolPageTests
{
    private const string CostHeader = "| number | operator | units | per |";
    private const string RecordHeader = "| at | bytes | field |";

    /// <summary>Rows of a cost table from here on are no operators.</summary>
    private const int LanguageRows = 1000;

    /// <summary>Every number and price of the page is in the hash, in its order.</summary>
    [Fact]
    public void CostTable_HasTheHashOfTheCode()
    {
        List<byte> message = [.. Encoding.ASCII.GetBytes("ComputeVoucher cost table 2")];
        foreach (string[] row in ProtocolPage.Rows(CostHeader))
        {
            message.AddRange(BitConverter.GetBytes(Number(row[0])));
            message.AddRange(BitConverter.GetBytes(Number(row[2])));
        }

        Assert.Equal(CostTable.Hash, Keccak256.Hash([.. message]));
    }

    [Fact]
    public void Operators_HaveTheirNames()
    {
        (int, string)[] operators =
        [
            .. Enum.GetValues<OperatorKind>().Select(kind => ((int)kind, OperatorNames.Of(kind))),
        ];
        Assert.Equal(operators, ProtocolPage.Rows(CostHeader)
            .Select(row => (Number(row[0]), row[1])).Where(row => row.Item1 < LanguageRows));
        Assert.Equal(
            operators.Select(row => row.Item2).Order(),
            ProtocolPage.Rows("| operator | attributes |").Select(row => row[0]).Order());
    }

    [Fact]
    public void Record_HasItsFieldsWhereThePageSays()
    {
        SamplingOptions sampling = new(65537, 12, 34567, 0x0102030405060708);
        byte[] record = new InputRecord([7, 9, 11], 21, [3, 5], sampling).Encode();
        ulong[] values = [8, 1, 0, 3, 21, 2, 65537, 12, 34567, 0x0102030405060708];
        string[][] rows = [.. ProtocolPage.Rows(RecordHeader)];
        for (int i = 0; i < values.Length; i++)
        {
            byte[] wide = new byte[8];
            record.AsSpan(Number(rows[i][0]), Number(rows[i][1])).CopyTo(wide);
            Assert.Equal(values[i], BitConverter.ToUInt64(wide));
        }

        Assert.Equal("36", rows[^2][0]);
        Assert.Equal(InputRecord.HeaderBytes, Number(rows[^2][0]));
        Assert.Equal([7, 9, 11, 3, 5], Ids(record.AsSpan(InputRecord.HeaderBytes)));
        Assert.EndsWith($"at most {InputRecord.EndTokensMax}", rows[5][2],
            StringComparison.Ordinal);
        Assert.Contains($"1 to {SamplingOptions.TopKMax};", rows[7][2], StringComparison.Ordinal);
        Assert.Contains(
            $"{SamplingOptions.One} is 1.0, at most {SamplingOptions.TemperatureMax};", rows[6][2],
            StringComparison.Ordinal);
    }

    private static int[] Ids(ReadOnlySpan<byte> bytes)
    {
        int[] ids = new int[bytes.Length / 4];
        for (int i = 0; i < ids.Length; i++)
        {
            ids[i] = BitConverter.ToInt32(bytes[(4 * i)..]);
        }

        return ids;
    }

    private static int Number(string cell) => int.Parse(cell, CultureInfo.InvariantCulture);
}
