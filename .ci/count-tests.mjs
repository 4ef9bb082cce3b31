// Prints "passed failed" of a vitest JSON report. A test file that broke, a skipped test and a report that is missing or empty are failures.
import { existsSync, readFileSync } from 'node:fs';

const file = process.argv[2];
const report = file && existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined;
if (!report || report.numTotalTests === 0) {
  console.log('0 1');
} else {
  const tests = report.testResults.flatMap((suite) =>
    suite.assertionResults.map((test) => ({ ...test, file: suite.name })),
  );
  const notRun = tests.filter(({ status }) => status !== 'passed' && status !== 'failed');
  for (const { fullName, status } of notRun) console.error(`${status}: ${fullName}`);
  const broken = report.testResults.filter(
    ({ status, assertionResults }) =>
      status === 'failed' && assertionResults.every((test) => test.status !== 'failed'),
  );
  for (const { name, message } of broken) console.error(`broken: ${name}\n${message}`);
  const failed = tests.length - tests.filter(({ status }) => status === 'passed').length + broken.length;
  // A run that failed for another reason (an unhandled rejection) has no failed test to show for it.
  console.log(
    `${tests.filter(({ status }) => status === 'passed').length} ${failed === 0 && !report.success ? 1 : failed}`,
  );
}
